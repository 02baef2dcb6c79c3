/**
 * The coordinator of many processes, on ZooKeeper. It has the guarantees of `../coordinator.ts` for all processes on one root together. docs/znodes.md
 * describes the znodes, and who changes them when.
 *
 * Calls are carried out on ZooKeeper itself, not on what this process remembers, and have taken effect when they resolve. A call waits
 * for a lost connection, at most for twice the session timeout, and then rejects with `ZooKeeperUnreachableError`. When a session is lost, its nodes'
 * claims are lost (signals abort, `complete` resolves with false), and its nodes join again by themselves. Events from other processes may skip
 * states that ended quickly, and a subtask that came and went between two looks causes no event. So a caller that follows an absent subtask must ask
 * for its state from time to time.
 */

import { LRUCache } from "lru-cache";
import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import {
  type Coordinator,
  CoordinatorFullError,
  requirePriority,
  type SubtaskRequest,
  type SubtaskState,
  usualInterestTerm,
  usualLocalityDelay,
} from "../coordinator.ts";
import { ZooKeeperClaims } from "./claims/claims.ts";
import { Connection, ZooKeeperUnreachableError } from "./protocol/connection.ts";
import type { Session } from "./protocol/session.ts";
import { isInDoubt, unlessInDoubt, ZooKeeperSetupError } from "./protocol/zookeeper-error.ts";
import { IdleQueries } from "./requests/idle-queries.ts";
import { listInterests, renewInterest } from "./requests/interests.ts";
import { DemandReader } from "./requests/read-demand.ts";
import { readStates, toNews } from "./requests/read-states.ts";
import { splitRequest, submit } from "./requests/submit.ts";
import { withdrawInterest } from "./requests/withdraw.ts";
import { SessionFollower } from "./session-follower.ts";
import { Housekeeping } from "./upkeep/housekeeping.ts";
import { sweepLostClaims } from "./upkeep/sweep-lost-claims.ts";
import { WatchedSubtasks } from "./watching/watched-subtasks.ts";
import { Withdrawals } from "./watching/withdrawals.ts";
import { hashHolder, hashName, lostPath } from "./znodes/layout.ts";
import { openRoot } from "./znodes/open-root.ts";
import { readNodes } from "./znodes/register-node.ts";
import { Segments } from "./znodes/segments.ts";
import { logSkipsOnce } from "./znodes/skip-log.ts";
import { publishSupply, readSupply } from "./znodes/supply.ts";
import { withLock } from "./znodes/with-lock.ts";
import type { ZooKeeper } from "./zookeeper.ts";

export interface ZooKeeperCoordinatorOptions {
  /** `HOST:PORT,HOST:PORT/chroot`. */
  readonly hosts: string;
  /** The path, below the chroot, of all the coordinator's znodes. */
  readonly root?: string;
  /** `NAME:PASSWORD`: all znodes belong to it. */
  readonly auth?: string;
  readonly log: Log;
  /** Milliseconds after which a silent process has lost its claims. */
  readonly sessionTimeout?: number;
  /** Milliseconds to wait for the first connection. */
  readonly startTimeout?: number;
  /** The most subtasks that are unowned or owned; a request that would exceed this is refused completely. */
  readonly mostSubtasks?: number;
  /** Failed subtasks beyond these are forgotten, oldest first. */
  readonly mostFailed?: number;
  /** Milliseconds for which a subtask is left to a node that is better placed for it. */
  readonly localityDelay?: number;
  /** Milliseconds after which a client's interest ends that it has not renewed. */
  readonly interestTerm?: number;
}

export interface ZooKeeperCoordinator extends Coordinator {
  /** Why the coordinator cannot be used now; empty if it can. */
  notReady(): readonly string[];
  /** Ends it as a crash of the process would: the session lives on at the server until its timeout. */
  abandon(): void;
}

const mostEntries = 200_000;
const keepRecords = 60_000;
const betweenHousekeeping = 30_000;
const mostRemembered = 1_000;
/** Requests of fewer subtasks are accepted without counting them against the limit. */
const alwaysAccepted = 1_000;

export async function createZooKeeperCoordinator(options: ZooKeeperCoordinatorOptions): Promise<ZooKeeperCoordinator> {
  const { hosts, auth, root = "/femtoq", sessionTimeout = 10_000, startTimeout = 10_000 } = options;
  const { mostSubtasks = 1_000_000, mostFailed = 10_000, localityDelay = usualLocalityDelay, interestTerm = usualInterestTerm } = options;
  requireAuth(auth);
  const log = logSkipsOnce(options.log);
  const connection = await Connection.open({ hosts, sessionTimeout, startTimeout, log, ...(auth !== undefined && { auth }) });
  const layout = await connection
    .run((session) => openRoot(session, { chroot: connection.chroot, root }))
    .catch(async (error: unknown) => {
      await connection.close();
      throw error;
    });
  const onError = (err: unknown) => log.error({ err }, "something of the coordinator failed; it goes on");
  const segments = new Segments();
  const withdrawals = new Withdrawals();
  let follower!: SessionFollower;
  const watched = new WatchedSubtasks({
    onError,
    onShard: (shard, asksNext) => follower.lists.followWatched(shard, asksNext),
    onThere: (hash) => follower.lists.followOne(hash),
  });
  const wasCarriedOut = (session: Session, held: string) =>
    run(async ({ session: next }) => {
      const found = await Promise.all([held, lostPath(layout, held)].map((path) => next.exists(path)));
      return found.every((answer) => answer === undefined) && performance.now() - session.lastHeard < keepRecords;
    }).catch((error: unknown) => {
      if (!stop.signal.aborted && !(error instanceof ZooKeeperUnreachableError)) onError(error);
      return false;
    });
  const claims = new ZooKeeperClaims({ watched, session: () => follower.forClaims, wasCarriedOut, localityDelay, onError, log });
  /** The queries that were submitted through this process. */
  const submitted = new LRUCache<string, true>({ max: mostRemembered });
  const demand = new DemandReader(segments);
  const stop = new AbortController();

  const onAlive = (query: string, hash: string) => follower.findOverlooked(segments, query, hash);
  const idle = new IdleQueries({ segments, onAlive, onError });

  connection.follow((session, lost) => {
    const isFirst = follower === undefined;
    if (!isFirst) watched.forgetOrders();
    follower = new SessionFollower({
      session,
      lost,
      layout,
      log,
      watched,
      withdrawals,
      claims,
      onIdle: (zookeeper, query) => idle.add(zookeeper, query),
      mostEntries,
    });
    lost.addEventListener("abort", () => claims.loseAll(lost.reason), { once: true });
    if (!isFirst) void rejoin(follower);
  });
  const rejoin = async (current: SessionFollower) => {
    while (!current.zookeeper.lost.aborted) {
      try {
        await sweepLostClaims(current.zookeeper);
        if (claims.nodes.size > 0) await claims.rejoin(await current.followWaiting());
        return;
      } catch (error) {
        unlessInDoubt(onError)(error);
        await pause(100, current.zookeeper.lost);
      }
    }
  };
  let wasSuspended = false;
  connection.onChange(() => {
    const { state } = connection.session;
    if (state === "connected" && wasSuspended && follower.zookeeper.session === connection.session) follower.resume();
    wasSuspended = state === "suspended";
  });

  const run = <T>(work: (zookeeper: ZooKeeper) => Promise<T>): Promise<T> => {
    if (stop.signal.aborted) return Promise.reject(new Error("The coordinator is closed"));
    return connection.run(() => work(follower.zookeeper));
  };
  const withdrawOptions = (zookeeper: ZooKeeper) => ({
    zookeeper,
    segments,
    watched,
    onWithdrawn: (hashes: readonly string[]) => claims.withdraw(hashes),
  });

  const submitAll = async (request: SubtaskRequest, isRetry: boolean) => {
    requirePriority(request.priority);
    const { parts, repeated } = await splitRequest(request.subtasks);
    if (parts.length === 0) return { queued: 0, joined: 0 };
    const program = hashName(request.subtasks[0]!.programKey);
    const { queued, joined } = await run((zookeeper) =>
      withLock(zookeeper, { name: program, isShared: parts.length > 1 }, async () => {
        if (!isRetry) await requireRoom(zookeeper, request.subtasks.length);
        const isNew = !isRetry && !submitted.has(request.queryId);
        submitted.set(request.queryId, true);
        return submit({ zookeeper, request, segments, watched, isRetry, isNew }, parts);
      }),
    );
    return { queued, joined: joined + repeated };
  };

  const requireRoom = async ({ session }: ZooKeeper, added: number) => {
    if (added < alwaysAccepted && added < mostSubtasks) return;
    const found = await Promise.all([...layout.shards, layout.failed].map((path) => session.exists(path)));
    const failed = found.pop()?.stat.numChildren ?? 0;
    const waiting = found.reduce((sum, answer) => sum + (answer?.stat.numChildren ?? 0), -failed);
    if (waiting + added > mostSubtasks) throw new CoordinatorFullError(waiting, mostSubtasks);
  };

  const keepHouse = async () => {
    const housekeeping = new Housekeeping({ keepRecords, mostFailed, interestTerm });
    for (;;) {
      await pause(betweenHousekeeping * (0.5 + Math.random()), stop.signal);
      if (stop.signal.aborted) return;
      await housekeeping.run({ ...withdrawOptions(follower.zookeeper), onAlive });
    }
  };
  void keepHouse();
  // The subtasks of dead nodes are free in any case: it matters little who counts the lost claims, and when.
  await run(sweepLostClaims).catch((error: unknown) => {
    if (!isInDoubt(error) && !(error instanceof ZooKeeperUnreachableError)) onError(error);
  });

  const end = (): boolean => {
    if (stop.signal.aborted) return false;
    stop.abort();
    idle.close();
    claims.close(new Error("The coordinator is closed"));
    return true;
  };

  return {
    skipsEvents: true,
    interestTerm,

    notReady: () => (connection.session.state === "connected" ? [] : [`the connection with ZooKeeper at ${hosts} is lost`]),

    enqueue: (request) => submitAll(request, false),

    async retry(request) {
      return (await submitAll(request, true)).queued;
    },

    states: (keys) =>
      run(async (zookeeper) => {
        await watched.registered;
        const states = new Map<string, SubtaskState>();
        for (const { key, hash, state: read, order } of await readStates(zookeeper, keys)) {
          const ours = claims.claimOf(hash);
          const state: SubtaskState | undefined =
            ours && read?.kind === "owned" ? { kind: "owned", node: ours.node, loading: ours.claim.isLoading } : read;
          if (state !== undefined) states.set(key, state);
          // For a subtask that is gone, the lists tell whether it is done or withdrawn.
          const isDoubtful = state === undefined && watched.find(hash)?.known !== undefined;
          if (!ours && !isDoubtful) watched.observed(hash, toNews(state), order);
        }
        return states;
      }),

    renew: (queryId, client) => run((zookeeper) => renewInterest(zookeeper, hashName(queryId), hashHolder(client))),

    interest: (queryIds) =>
      run(async (zookeeper) => {
        const interests = await listInterests(zookeeper);
        return new Map(queryIds.map((id) => [id, new Set(interests.get(hashName(id))?.map(({ holder }) => holder)).size]));
      }),

    withdraw: (queryId, client) =>
      run(async (zookeeper) => ({
        interested: await withdrawInterest(
          withdrawOptions(zookeeper),
          hashName(queryId),
          client === undefined ? undefined : hashHolder(client),
        ),
      })),

    watch: (...watching) => watched.watch(...watching),

    join: (node) => run(async () => claims.join(await follower.followWaiting(), node)),

    nodes: () =>
      run(async (zookeeper) =>
        (await readNodes(zookeeper)).map(({ instance: _, holdings: __, ...node }) => claims.describe(node.id) ?? node),
      ),

    publishSupply: (supply) => run((zookeeper) => publishSupply(zookeeper, supply)),
    supply: () => run(readSupply),

    demand: () => run((zookeeper) => demand.read(zookeeper)),

    async close() {
      if (end()) await connection.close();
    },

    abandon() {
      if (end()) connection.abandon();
    },
  };
}

function requireAuth(auth: string | undefined): void {
  if (auth === undefined || /^[^:]+:./.test(auth)) return;
  throw new ZooKeeperSetupError("bad-auth", "Cannot use what is given as ZooKeeper's owner: it has the form NAME:PASSWORD");
}
