/**
 * Performs one round: asks queries, does harm, waits until all have ended, and checks every promise. Rejects with `BrokenPromise` at the
 * first that does not hold.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Status } from "../../functions/api.ts";
import { askCluster } from "../support/ask-cluster.ts";
import { type Audit, auditClaims, readTransactions } from "./audit-claims.ts";
import { type ChaosCluster, nodeCount } from "./chaos-cluster.ts";
import type { Disturbance, PlannedQuery, Round } from "./plan-round.ts";
import { isClean, readLeftovers } from "./read-leftovers.ts";

export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
}

/** A query's answer in the undisturbed run: the text of its histograms, and its status. */
export interface Reference {
  readonly text: string;
  readonly status: Status;
}

export interface RoundReport {
  readonly round: number;
  readonly zookeeper: string;
  readonly disturbances: Readonly<Record<Disturbance["kind"], number>>;
  /** Seconds until all queries had ended, and from there until ZooKeeper held nothing of them. */
  readonly answered: number;
  readonly cleaned: number;
  /** The auditor's counts for this round. */
  readonly audit: Omit<Audit, "violations" | "left">;
  /** Subtasks that nodes computed after they had lost their claims, by their own logs. */
  readonly late: number;
}

export interface RoundOptions {
  readonly cluster: ChaosCluster;
  readonly round: Round;
  readonly reference: (query: PlannedQuery) => Promise<Reference>;
  readonly tell: (what: string) => void;
}

/** In seconds: for a query to end, for ZooKeeper to be clean after the last one, and for all nodes to be listed again. */
const patience = 180;
const longestCleaning = 120;
const longestReturn = 60;
/** The milliseconds between lines that tell what is left. */
const betweenTellings = 10_000;

export async function performRound({ cluster, round, reference, tell }: RoundOptions): Promise<RoundReport> {
  await waitForNodes(cluster);
  const expected = await Promise.all(round.queries.map(reference));
  const before = auditClaims(readTransactions(await cluster.zookeeper.readLogs()));
  const lateBefore = countLate(cluster);
  const begun = performance.now();
  const disturbing = Promise.all(
    round.disturbances.map(async (disturbance) => {
      await delay(disturbance.at);
      tell(`${disturbance.kind}${"which" in disturbance ? ` ${disturbance.which + 1}` : ""} for ${disturbance.for} ms`);
      await cluster.disturb(disturbance);
    }),
  );
  const asking = Promise.all(
    round.queries.map(async ({ at, body, client }, index) => {
      await delay(at);
      const status = await askCluster(body, { urls: cluster.urls, patience, client });
      checkStatus(status, expected[index]!);
      return status;
    }),
  );
  const telling = tellWhatIsLeft(cluster, tell);
  const [asked, disturbed] = await Promise.allSettled([asking, disturbing]);
  clearInterval(telling);
  if (asked.status === "rejected") throw asBroken(asked.reason);
  if (disturbed.status === "rejected") throw asBroken(disturbed.reason);
  const answered = performance.now();
  tell("all queries have ended");
  checkLogs(cluster);
  for (const [index, { id }] of asked.value.entries()) await checkTexts(cluster, { id, expected: expected[index]!.text });
  await waitUntilClean(cluster);
  const cleaned = performance.now();
  checkLogs(cluster);
  const { violations, left, ...audit } = auditClaims(readTransactions(await cluster.zookeeper.readLogs()));
  if (violations.length > 0) throw new BrokenPromise(`ZooKeeper's log has what must not be:\n${violations.slice(0, 20).join("\n")}`);
  if (left > 0) throw new BrokenPromise(`${left} subtasks are left according to ZooKeeper's log`);
  await waitForNodes(cluster);
  return {
    round: round.number,
    zookeeper: round.zookeeper,
    disturbances: countKinds(round.disturbances),
    answered: (answered - begun) / 1000,
    cleaned: (cleaned - answered) / 1000,
    audit: {
      asked: audit.asked - before.asked,
      claimed: audit.claimed - before.claimed,
      copied: audit.copied - before.copied,
      completed: audit.completed - before.completed,
      lost: audit.lost - before.lost,
    },
    late: countLate(cluster) - lateBefore,
  };
}

function checkStatus(status: Status, expected: Reference): void {
  const { partitions, events, cutflow, failures, histograms } = expected.status;
  const compared = { state: "done", partitions, events, cutflow, failures, histograms };
  for (const [key, value] of Object.entries(compared)) {
    const got = JSON.stringify(status[key as keyof Status]);
    const wanted = JSON.stringify(value);
    if (got !== wanted)
      throw new BrokenPromise(
        `"${status.name}" (${status.id}) has another ${key}:\n${got.slice(0, 2000)}\nwanted:\n${wanted.slice(0, 2000)}`,
      );
  }
}

/** Checks that every dispatcher returns the same text. */
async function checkTexts(cluster: ChaosCluster, { id, expected }: { readonly id: string; readonly expected: string }): Promise<void> {
  for (const { name, url } of cluster.dispatchers) {
    const response = await fetch(`${url}/queries/${id}?format=uhi`, { signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (text !== expected) throw new BrokenPromise(`${name} gives other histograms for ${id} (${response.status}): ${text.slice(0, 2000)}`);
  }
}

/** Tells from time to time how much is left, so that a round without progress is noticed. */
function tellWhatIsLeft({ connection }: ChaosCluster, tell: RoundOptions["tell"]): ReturnType<typeof setInterval> {
  return setInterval(
    () =>
      void readLeftovers(connection).then(
        ({ subtasks, claims }) => tell(`${subtasks} subtasks wait or run, ${claims} claims`),
        (error: unknown) => tell(`ZooKeeper does not say what is left: ${error}`),
      ),
    betweenTellings,
  );
}

async function waitUntilClean({ connection }: ChaosCluster): Promise<void> {
  const until = performance.now() + longestCleaning * 1000;
  for (;;) {
    const left = await readLeftovers(connection);
    if (isClean(left)) return;
    if (performance.now() > until)
      throw new BrokenPromise(`ZooKeeper still holds ${JSON.stringify(left)} ${longestCleaning} s after the last query ended`);
    await delay(250);
  }
}

/** Waits until as many nodes are listed as live. */
async function waitForNodes(cluster: ChaosCluster): Promise<void> {
  const until = performance.now() + longestReturn * 1000;
  let heard: unknown;
  while (performance.now() < until) {
    try {
      const response = await fetch(`${cluster.urls()[0]}/nodes`, { signal: AbortSignal.timeout(5_000) });
      const { nodes } = (await response.json()) as { readonly nodes?: readonly unknown[] };
      heard = nodes;
      if (nodes?.length === nodeCount) return;
    } catch (error) {
      heard = error;
    }
    await delay(250);
  }
  throw new BrokenPromise(
    `The nodes are not the ${nodeCount} that live ${longestReturn} s after the last harm; last heard: ${JSON.stringify(heard)}`,
  );
}

function checkLogs(cluster: ChaosCluster): void {
  if (cluster.crashes.length > 0) throw new BrokenPromise(cluster.crashes.join("\n"));
  for (const { name, logged } of [...cluster.dispatchers, ...cluster.nodes]) {
    if (logged.faults.length > 0) throw new BrokenPromise(`${name} logged a fault: ${logged.faults[0]}`);
  }
}

const countLate = ({ nodes }: ChaosCluster): number => nodes.reduce((sum, { logged }) => sum + logged.late, 0);

function countKinds(disturbances: readonly Disturbance[]): RoundReport["disturbances"] {
  const counts = { "kill node": 0, "kill dispatcher": 0, "freeze node": 0, "freeze dispatcher": 0, "kill ZooKeeper": 0, "cut network": 0 };
  for (const { kind } of disturbances) counts[kind]++;
  return counts;
}

const asBroken = (error: unknown): BrokenPromise =>
  error instanceof BrokenPromise ? error : new BrokenPromise(error instanceof Error ? error.message : String(error), { cause: error });
