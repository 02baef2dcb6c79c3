/**
 * The nodes of this process and the claims that they hold. A node outlives sessions: after a loss it registers anew, its claims are lost and those that wait
 * go on waiting.
 */
import type { Log } from "../../../base/log.ts";
import type { Claim, ClaimOptions, Figures, JoinedNode, Node } from "../../coordinator.ts";
import type { ClaimEnd, Verdict } from "../../queue/claim-end.ts";
import { type HeldPartition, summarizeHoldings } from "../../queue/holdings.ts";
import { LinkedList } from "../../queue/linked-list.ts";
import { Quarantine } from "../../queue/quarantine.ts";
import { Paces } from "../../queue/stragglers.ts";
import { Scan } from "../../queue/waiting-order.ts";
import { isInDoubt } from "../protocol/zookeeper-error.ts";
import type { WatchedSubtasks } from "../watching/watched-subtasks.ts";
import { hashName } from "../znodes/layout.ts";
import type { Claimant } from "./claim-subtask.ts";
import { CopiedClaim } from "./copied-claim.ts";
import { HeldClaim } from "./held-claim.ts";
import { LeftToOthers, noteFailure } from "./left-to-others.ts";
import { publishNode, registerNode, unregisterNode } from "./register-node.ts";
import { type Claimed, type ClaimingNode, type MemberSession, WaitingClaims } from "./waiting-claims.ts";
import type { WorkEntry } from "./work-entry.ts";

interface Member extends ClaimingNode {
  node: Node;
  claimant: Claimant | undefined;
  readonly held: Map<string, HeldClaim>;
  /** Second copies of what other nodes have. */
  readonly copies: Map<string, CopiedClaim>;
  holdings: () => Iterable<HeldPartition>;
  /** Undefined where the claim has ended, or is another node's. */
  readonly find: (claim: Claim) => HeldClaim | CopiedClaim | undefined;
  publishing: ReturnType<typeof setTimeout> | undefined;
  isDraining: boolean;
  isGone: boolean;
  /** Waits for the last claim to end. */
  onIdle: (() => void) | undefined;
}

export interface MembersOptions {
  readonly watched: WatchedSubtasks;
  /** The session there is, once it is connected. */
  readonly session: () => MemberSession | undefined;
  /** Milliseconds. */
  readonly localityDelay: number;
  readonly onError: (error: unknown) => void;
  readonly log: Log;
}

const leastBetweenReports = 1_000;
const holdsNothing = (): Iterable<HeldPartition> => [];

export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  readonly #waiting: WaitingClaims<Member>;
  readonly #left: LeftToOthers;

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#waiting = new WaitingClaims({
      ...options,
      onClaimed: (member, session, claimed) => this.#hold(member, session, claimed),
      onCopied: (member, session, entry) => this.#copy(member, session, entry),
    });
    const names = () => [...this.#members.values()].map(({ name }) => name);
    this.#left = new LeftToOthers({ session: options.session, names, onReturn: () => this.serve() });
  }

  get size(): number {
    return this.#members.size;
  }

  figuresOf(id: string): Node | undefined {
    const member = this.#members.get(id);
    return member && describe(member);
  }

  claimOf(hash: string): { readonly node: string; readonly claim: HeldClaim } | undefined {
    for (const { node, held } of this.#members.values()) {
      const claim = held.get(hash);
      if (claim) return { node: node.id, claim };
    }
    return undefined;
  }

  async join(session: MemberSession, about: Pick<Node, "id" | "host" | "threads" | "cacheLimit">): Promise<JoinedNode> {
    if (this.#members.has(about.id))
      throw new Error(`Cannot join as node ${about.id}: a node of this name is there already; give each its own`);
    const node: Node = { ...about, cacheBytes: 0, running: 0, done: 0, failed: 0, since: Date.now() };
    const member: Member = {
      name: hashName(node.id),
      scan: new Scan(),
      waiters: new LinkedList(),
      quarantine: new Quarantine(),
      node,
      claimant: undefined,
      held: new Map(),
      copies: new Map(),
      paces: new Paces(),
      holds: ({ hash }) => member.held.has(hash) || member.copies.has(hash),
      holdings: holdsNothing,
      find: (claim) => {
        const hash = hashName(claim.subtask.key);
        return [member.held.get(hash), member.copies.get(hash)].find((known) => known === claim);
      },
      publishing: undefined,
      isDraining: false,
      isGone: false,
      onIdle: undefined,
    };
    this.#members.set(node.id, member);
    try {
      member.claimant = await registerNode(session.context, node);
    } catch (error) {
      this.#members.delete(node.id);
      throw error;
    }
    return {
      id: node.id,
      claim: (options) => this.#claim(member, options),
      begin: async (claims) => void (await Promise.all(claims.map((claim) => member.find(claim)?.begin()))),
      complete: (claims) => this.#end(member, claims, { kind: "complete" }),
      release: (claims) => this.#end(member, claims, { kind: "release" }),
      fail: async (claim, cause, { permanent = false } = {}) => (await this.#end(member, [claim], { kind: "fail", cause, permanent }))[0]!,
      drain: () => this.#drain(member),
      report: (figures) => this.#report(member, figures),
      leave: () => this.#leave(member),
    };
  }

  async #claim(member: Member, options: ClaimOptions): Promise<readonly Claim[]> {
    if (member.isGone) throw gone(member);
    return member.isDraining ? [] : this.#waiting.claim(member, options);
  }

  async #end(member: Member, claims: readonly Claim[], end: ClaimEnd): Promise<readonly boolean[]> {
    const outcomes = await Promise.allSettled(claims.map((claim) => member.find(claim)?.end(end) ?? false));
    if (member.held.size + member.copies.size === 0) member.onIdle?.();
    return outcomes.map((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    });
  }

  async #drain(member: Member): Promise<void> {
    member.isDraining = true;
    this.#waiting.empty(member);
    const reason = new Error(`node ${member.node.id} ends: it hands back what it has not begun`);
    const unbegun = [...member.held.values(), ...member.copies.values()].filter(({ isLoading }) => isLoading);
    for (const claim of unbegun) claim.stop(reason);
    await this.#end(member, unbegun, { kind: "release" });
    if (member.held.size + member.copies.size > 0) await new Promise<void>((resolve) => (member.onIdle = resolve));
  }

  /** On a new session: all nodes register again. */
  async rejoin({ context }: MemberSession): Promise<void> {
    for (const member of this.#members.values()) {
      const claimant = await registerNode(context, member.node);
      if (member.isGone) continue;
      member.claimant = claimant;
      this.#publishSoon(member, leastBetweenReports);
    }
    this.serve();
  }

  /** The session was lost, and all claims with it. */
  loseAll(reason: Error): void {
    for (const member of this.#members.values()) {
      member.claimant = undefined;
      for (const claim of [...member.held.values(), ...member.copies.values()]) claim.lost(reason);
      member.held.clear();
      member.copies.clear();
      member.onIdle?.();
    }
  }

  /** Of what its nodes have: claims and second copies. */
  heldHashes(): readonly string[] {
    return [...this.#members.values()].flatMap(({ held, copies }) => [...held.keys(), ...copies.keys()]);
  }

  /** They are gone: nobody asks for them any more, or a second copy was done first. */
  withdrawn(entries: readonly Pick<WorkEntry, "hash">[]): void {
    for (const { hash } of entries) {
      this.claimOf(hash)?.claim.withdrawn();
      for (const { copies } of this.#members.values()) copies.get(hash)?.withdrawn();
    }
  }

  /** Gives waiting subtasks to nodes that wait; call when either may be new. */
  serve(): void {
    this.#waiting.serve();
  }

  doneElsewhere({ subtask, triedBy }: WorkEntry): void {
    for (const member of this.#members.values()) {
      if (!triedBy?.has(member.name) || !member.quarantine.doneElsewhere(subtask.key, Date.now())) continue;
      this.#options.log.warn(
        { node: member.node.id, ...member.quarantine.at(Date.now()) },
        "this node is in quarantine: it claims nothing until then",
      );
      this.#publishSoon(member, 0);
    }
  }

  /** What is known of other nodes is new. */
  lookAgain(): void {
    for (const { scan } of this.#members.values()) scan.restart();
    this.serve();
  }

  /** Claims that wait are refused. */
  close(reason: Error): void {
    this.#waiting.refuse(reason);
    this.#left.close();
    for (const { publishing } of this.#members.values()) clearTimeout(publishing);
  }

  #hold(member: Member, session: MemberSession, { entry, claimant, order }: Claimed): HeldClaim {
    const { watched } = this.#options;
    const { context } = session;
    const begun = performance.now();
    const claim = new HeldClaim({
      context,
      entry,
      held: claimant.held,
      happened: (known, at) => watched.happened(entry.hash, known, at),
      onEnd: (verdict, end) => {
        if (end.kind === "complete") {
          member.quarantine.succeeded();
          member.paces.note(entry.subtask.programKey, performance.now() - begun);
        } else if (end.kind === "fail" && !end.permanent && !claim.signal.aborted) {
          member.quarantine.failed(entry.subtask.key, end.cause);
          noteFailure(entry, member.name);
        }
        this.#ended(member, session, entry, { verdict, end });
      },
    });
    member.held.set(entry.hash, claim);
    watched.happened(entry.hash, { kind: "loading" }, order);
    if (context.lost.aborted) claim.lost(new Error("the session with ZooKeeper was lost"));
    return claim;
  }

  #copy(member: Member, { context, work }: MemberSession, entry: WorkEntry): CopiedClaim {
    const { watched, log } = this.#options;
    const { key, dataset, partition } = entry.subtask;
    const about = { node: member.node.id, subtask: key, dataset, partition };
    log.info(about, "a subtask takes another node very long: a second copy is computed, and the first that is done counts");
    const claim = new CopiedClaim({
      context,
      entry,
      onEnd: (isOver, order) => {
        member.copies.delete(entry.hash);
        if (order !== undefined) {
          watched.happened(entry.hash, { kind: "done" }, order);
          log.info(about, "the second copy was done first");
        }
        if (isOver) work.remove(entry);
        else work.putBack(entry);
        this.serve();
      },
    });
    member.copies.set(entry.hash, claim);
    if (context.lost.aborted) claim.lost(new Error("the session with ZooKeeper was lost"));
    return claim;
  }

  #ended(
    member: Member,
    session: MemberSession,
    entry: WorkEntry,
    { verdict, end }: { readonly verdict: Verdict; readonly end: ClaimEnd },
  ): void {
    member.held.delete(entry.hash);
    if (verdict.kind === "unowned") this.#left.putBack(session, entry, { first: end.kind !== "fail" });
    else session.work.remove(entry);
    this.serve();
  }

  #report(member: Member, { held, ...figures }: Figures): void {
    member.node = { ...member.node, ...figures };
    if (held) member.holdings = held;
    this.#publishSoon(member, leastBetweenReports);
  }

  #publishSoon(member: Member, within: number): void {
    member.publishing ??= setTimeout(() => {
      member.publishing = undefined;
      void this.#publish(member).catch((error: unknown) => {
        if (!isInDoubt(error)) this.#options.onError(error);
      });
    }, within);
  }

  async #publish(member: Member): Promise<void> {
    const { claimant, holdings, isGone } = member;
    const session = this.#options.session();
    if (session && claimant && !isGone)
      await publishNode(session.context, claimant, {
        ...describe(member),
        holdings: summarizeHoldings(holdings()),
      });
  }

  async #leave(member: Member): Promise<void> {
    if (member.isGone) return;
    member.isGone = true;
    clearTimeout(member.publishing);
    this.#waiting.refuse(gone(member), member);
    const cause = `node ${member.node.id} left while it had the subtask`;
    const held = [...member.held.values()];
    const copies = [...member.copies.values()];
    const ends = [...held.map((claim) => claim.end({ kind: "lose", cause })), ...copies.map((copy) => copy.end({ kind: "release" }))];
    const outcomes: PromiseSettledResult<unknown>[] = await Promise.allSettled(ends);
    for (const claim of [...held, ...copies]) claim.lost(new Error(cause));
    const session = this.#options.session();
    const { claimant } = member;
    this.#members.delete(member.node.id);
    if (session && claimant) outcomes.push(...(await Promise.allSettled([unregisterNode(session.context, claimant)])));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }
}

/** As others see it. */
function describe({ node, quarantine }: Member): Node {
  const quarantined = quarantine.at(Date.now());
  return { ...node, ...(quarantined && { quarantined }) };
}

function gone(member: Member): Error {
  return new Error(`Cannot claim for node ${member.node.id}: it has left`);
}
