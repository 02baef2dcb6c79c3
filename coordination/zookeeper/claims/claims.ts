/**
 * The nodes of this process on ZooKeeper, and their claims. A node outlives sessions: when one is lost, the node's claims are lost, it registers again, and
 * waiting calls go on waiting. Nothing is claimed while the connection is in doubt.
 */

import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import type { AboutNode, JoinedNode, Node } from "../../coordinator.ts";
import type { Verdict } from "../../queue/claim-end.ts";
import type { ClaimCall, ClaimQueue } from "../../queue/claim-queue.ts";
import { summarizeHoldings } from "../../queue/holdings.ts";
import { LocalNodes } from "../../queue/local-nodes.ts";
import type { Session } from "../protocol/session.ts";
import { isInDoubt, isRefused, unlessInDoubt } from "../protocol/zookeeper-error.ts";
import type { WatchedSubtasks } from "../watching/watched-subtasks.ts";
import { hashName } from "../znodes/layout.ts";
import { publishNode, type Registration, registerNode, unregisterNode } from "../znodes/register-node.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { claimSubtask } from "./claim-subtask.ts";
import { afterDoubt } from "./commit-surely.ts";
import type { SubtaskEntry } from "./entries.ts";
import { HeldClaim, type HeldClaimOptions } from "./held-claim.ts";
import { type ClaimsSession, ZooKeeperNode } from "./node.ts";
import { SecondCopies } from "./second-copies.ts";
import type { SessionClaim } from "./session-claim.ts";

export interface ZooKeeperClaimsOptions {
  readonly watched: WatchedSubtasks;
  /** The present session, once it is connected. */
  readonly session: () => ClaimsSession | undefined;
  /** After a lost session: whether the transaction that ended a claim was carried out. `held` is the path of the claim's znode below the node. */
  readonly wasCarriedOut: (session: Session, held: string) => Promise<boolean>;
  /** Milliseconds. */
  readonly localityDelay: number;
  readonly onError: (error: unknown) => void;
  readonly log: Log;
}

/** Milliseconds. */
const leastBetweenReports = 1_000;

export class ZooKeeperClaims {
  readonly #options: ZooKeeperClaimsOptions;
  readonly nodes: LocalNodes<SubtaskEntry, ZooKeeperNode>;
  readonly #copies: SecondCopies;

  constructor(options: ZooKeeperClaimsOptions) {
    this.#options = options;
    this.nodes = new LocalNodes({
      queue: () => this.#connected()?.waiting.queue,
      localityDelay: options.localityDelay,
      claim: (node, entries, { prefers }) => this.#claim(node, entries, prefers),
      onReport: (node) => this.#report(node),
      onLeave: (node) => this.#leave(node),
      onServe: (queue) => this.#beforeServing(queue),
    });
    this.#copies = new SecondCopies({ ...options, nodes: this.nodes, session: () => this.#connected() });
  }

  /** The claim of a subtask by a node of this process, if there is one; second copies do not count. */
  claimOf(hash: string): { readonly node: string; readonly claim: SessionClaim } | undefined {
    for (const { node, claims } of this.nodes.all) {
      for (const claim of claims) if (claim.hash === hash && !claim.isCopy) return { node: node.id, claim };
    }
    return undefined;
  }

  async join({ zookeeper }: ClaimsSession, about: AboutNode): Promise<JoinedNode> {
    const node = new ZooKeeperNode(hashName(about.id), about, Date.now());
    return this.nodes.join(node, async () => {
      node.registration = await registerNode(zookeeper, node.node);
    });
  }

  /** Registers all nodes again, on a new session. */
  async rejoin({ zookeeper }: ClaimsSession): Promise<void> {
    for (const node of this.nodes.all) await this.#register(node, zookeeper);
    this.nodes.serve();
  }

  async #register(node: ZooKeeperNode, zookeeper: ZooKeeper): Promise<void> {
    const registration = await registerNode(zookeeper, node.node);
    if (node.isGone || zookeeper.lost.aborted) return;
    node.registration = registration;
    node.isRegistered = true;
    this.#publishWithin(node, leastBetweenReports);
  }

  /** Ends all claims as lost, after the session was lost. */
  loseAll(reason: Error): void {
    for (const node of this.nodes.all) {
      node.registration = undefined;
      node.isRegistered = false;
      for (const claim of node.claims) claim.lose(reason);
      this.nodes.forgetClaims(node);
    }
  }

  /** The hashes of the subtasks that this process's nodes have claimed or compute a second copy of. */
  heldHashes(): readonly string[] {
    return [...this.nodes.all].flatMap(({ claims }) => [...claims].map(({ hash }) => hash));
  }

  /** Stops the claims of subtasks that are gone, since no client is interested any more or another node has done them. */
  withdraw(hashes: Iterable<string>): void {
    const gone = new Set(hashes);
    for (const { claims } of this.nodes.all) for (const claim of claims) if (gone.has(claim.hash)) claim.withdraw();
  }

  /** Takes note that a node of another process has done a subtask that failed here. */
  doneElsewhere(entry: SubtaskEntry): void {
    const isNew = this.#options.session()?.waiting.queue.doneBy(entry, undefined, this.nodes.times());
    if (isNew) this.nodes.reportAll();
  }

  describe(id: string): Node | undefined {
    return this.nodes.find(id)?.describe(Date.now());
  }

  /** Rejects waiting calls. */
  close(reason: Error): void {
    this.#copies.close();
    this.nodes.close(reason);
    for (const { publishing } of this.nodes.all) clearTimeout(publishing);
  }

  #connected(): ClaimsSession | undefined {
    const session = this.#options.session();
    return session?.zookeeper.session.state === "connected" ? session : undefined;
  }

  async #claim(node: ZooKeeperNode, entries: readonly SubtaskEntry[], prefers: ClaimCall["prefers"]): Promise<readonly SessionClaim[]> {
    const session = this.#connected()!;
    const outcomes = await Promise.allSettled(entries.map((entry) => this.#claimOne(node, session, { entry, prefers })));
    const claims = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value ? [outcome.value] : []));
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    // A node that has left has removed its registration itself.
    if (refused === undefined || node.isGone) return claims;
    const { reason } = refused;
    if (isInDoubt(reason)) await pause(afterDoubt, session.zookeeper.lost);
    else if (isRefused(reason, "no-node")) await this.#registerAgain(node, session);
    else this.#options.onError(reason);
    if (claims.length === 0 && !isInDoubt(reason) && !isRefused(reason, "no-node")) throw reason;
    return claims;
  }

  /** Called if a node's session lives but its znodes are gone, since somebody removed them or others assumed that the node is dead. */
  async #registerAgain(node: ZooKeeperNode, { zookeeper }: ClaimsSession): Promise<void> {
    const { registration } = node;
    if (registration === undefined) return;
    node.registration = undefined;
    node.isRegistered = false;
    this.#options.log.warn({ node: node.node.id }, "what this node had registered was removed by somebody; it registers again");
    try {
      await unregisterNode(zookeeper, registration);
      await this.#register(node, zookeeper);
    } catch (error) {
      // The next claim will try to register again.
      node.registration = registration;
      node.isRegistered = true;
      throw error;
    }
  }

  /** Claims a subtask. Claims in one turn of the event loop are combined into one transaction (`protocol/combine.ts`). */
  async #claimOne(
    node: ZooKeeperNode,
    session: ClaimsSession,
    { entry, prefers }: { readonly entry: SubtaskEntry } & Pick<ClaimCall, "prefers">,
  ): Promise<SessionClaim | undefined> {
    const { zookeeper, waiting } = session;
    const registration = node.registration!;
    entry.kind = "ours";
    const { order: listed } = entry;
    try {
      const beginsAtOnce = prefers?.(entry.subtask) ?? false;
      const attempted = await claimSubtask(zookeeper, entry, { registration, beginsAtOnce });
      if (attempted.kind === "claimed") return this.#hold(node, session, { entry, registration, beginsAtOnce, order: attempted.order });
      if (attempted.kind === "gone") waiting.removeUnlessListed(entry, listed);
      else if (attempted.kind === "aside") waiting.setAside(entry, attempted.rival);
      else waiting.putBack(entry, { first: true });
      return undefined;
    } catch (error) {
      waiting.putBack(entry, { first: true });
      throw error;
    }
  }

  #hold(
    node: ZooKeeperNode,
    { zookeeper, waiting }: ClaimsSession,
    {
      entry,
      registration,
      beginsAtOnce,
      order,
    }: Pick<HeldClaimOptions, "entry" | "beginsAtOnce"> & {
      readonly registration: Registration;
      readonly order: number;
    },
  ): HeldClaim {
    const { watched } = this.#options;
    const claimed = performance.now();
    const { order: listed } = entry;
    const claim = new HeldClaim({
      zookeeper,
      entry,
      registration,
      beginsAtOnce,
      wasCarriedOut: (path) => this.#options.wasCarriedOut(zookeeper.session, path),
      happened: (news, at) => watched.happened(entry.hash, news, at),
      onEnd: (end, outcome) => {
        // If a list named the subtask again after this claim was made, it was queued anew after its withdrawal, so it waits.
        const isListed = outcome.kind === "withdrawn" && entry.order > listed;
        const verdict: Verdict = isListed ? { kind: "unowned", attempts: entry.attempts } : outcome;
        if (end.kind === "complete") node.paces.note(entry.subtask.programKey, performance.now() - claimed);
        waiting.ended(entry, verdict);
        const isWanted = verdict.kind !== "unowned" || entry.kind === "waiting";
        this.nodes.ended(node, waiting.queue, entry, {
          end,
          verdict: isWanted ? verdict : { kind: "withdrawn" },
          isStopped: claim.signal.aborted,
        });
      },
    });
    node.claims.add(claim);
    watched.happened(entry.hash, { kind: "loading" }, order);
    if (zookeeper.lost.aborted) claim.lose(new Error("the session with ZooKeeper was lost"));
    return claim;
  }

  #beforeServing({ order }: ClaimQueue<SubtaskEntry>): void {
    const { cluster, waiting } = this.#options.session()!;
    if (order.size > 0) cluster.touch();
    else if (waiting.aside.size > 0) this.#copies.look();
  }

  #report(node: ZooKeeperNode): void {
    const quarantined = node.quarantine.at(Date.now());
    const isNew = quarantined !== undefined && !node.isQuarantined;
    node.isQuarantined = quarantined !== undefined;
    if (isNew) this.#options.log.warn({ node: node.node.id, ...quarantined }, "this node is in quarantine: it claims nothing until then");
    this.#publishWithin(node, isNew ? 0 : leastBetweenReports);
  }

  #publishWithin(node: ZooKeeperNode, pause: number): void {
    node.publishing ??= setTimeout(() => {
      node.publishing = undefined;
      this.#publish(node).catch(unlessInDoubt(this.#options.onError));
    }, pause);
  }

  async #publish(node: ZooKeeperNode): Promise<void> {
    const { registration, held, isGone } = node;
    const session = this.#options.session();
    if (session === undefined || registration === undefined || isGone) return;
    await publishNode(session.zookeeper, registration, { ...node.describe(Date.now()), holdings: summarizeHoldings(held()) });
  }

  async #leave({ publishing, registration }: ZooKeeperNode): Promise<void> {
    clearTimeout(publishing);
    const session = this.#options.session();
    if (session && registration) await unregisterNode(session.zookeeper, registration);
  }
}
