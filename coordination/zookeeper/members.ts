/**
 * The nodes of this process, and the claims that they wait for and hold. A node outlives sessions: after a loss it registers anew, its claims are lost
 * and those that wait go on waiting. Nothing is claimed while the connection is in doubt.
 */
import { setMaxListeners } from "node:events";
import type { Claim, Membership, Node, Subtask } from "../coordinator.ts";
import { type Linked, LinkedList } from "../linked-list.ts";
import type { ClaimEnd, Verdict } from "../state.ts";
import { type Claimant, claimSubtask } from "./claim-subtask.ts";
import type { SessionContext } from "./context.ts";
import { HeldClaim } from "./held-claim.ts";
import { hashName } from "./layout.ts";
import { publishNode, registerNode, unregisterNode } from "./register-node.ts";
import type { WatchedSubtasks } from "./watched-subtasks.ts";
import type { Work } from "./work.ts";
import type { WorkEntry } from "./work-entry.ts";
import { isInDoubt } from "./zookeeper-error.ts";

type Figures = Parameters<Membership["report"]>[0];

interface Member {
  node: Node;
  claimant: Claimant | undefined;
  readonly held: Map<string, HeldClaim>;
  published: string;
  publishing: ReturnType<typeof setTimeout> | undefined;
  isGone: boolean;
}

interface Claimer extends Linked<Claimer> {
  readonly member: Member;
  readonly prefers: ((subtask: Subtask) => boolean) | undefined;
  readonly signal: AbortSignal;
  readonly resolve: (claim: Claim) => void;
  readonly reject: (reason: unknown) => void;
  isSettled: boolean;
}

/** What the members need of the session they are on. */
export interface MemberSession {
  readonly context: SessionContext;
  readonly work: Work;
  /** Which of the live nodes a subtask is left to first, so that they do not all want the same; undefined where there is one node. */
  readonly homeOf: ((node: string) => (entry: WorkEntry) => boolean) | undefined;
}

export interface MembersOptions {
  readonly watched: WatchedSubtasks;
  /** The session there is, once it is connected. */
  readonly session: () => MemberSession | undefined;
  readonly onError: (error: unknown) => void;
}

const leastBetweenReports = 1_000;

export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  readonly #claimers = new LinkedList<Claimer>();

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#members.size;
  }

  figuresOf(id: string): Node | undefined {
    return this.#members.get(id)?.node;
  }

  claimOf(hash: string): { readonly node: string; readonly claim: HeldClaim } | undefined {
    for (const { node, held } of this.#members.values()) {
      const claim = held.get(hash);
      if (claim) return { node: node.id, claim };
    }
    return undefined;
  }

  async join(session: MemberSession, about: Pick<Node, "id" | "host" | "threads" | "cacheLimit">): Promise<Membership> {
    if (this.#members.has(about.id))
      throw new Error(`Cannot join as node ${about.id}: a node of this name is there already; give each its own`);
    const node: Node = { ...about, cacheBytes: 0, running: 0, done: 0, failed: 0, since: Date.now() };
    const member: Member = { node, claimant: undefined, held: new Map(), published: "", publishing: undefined, isGone: false };
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
      report: (figures) => this.#report(member, figures),
      leave: () => this.#leave(member),
    };
  }

  /** On a new session: all nodes register again. */
  async rejoin({ context }: MemberSession): Promise<void> {
    for (const member of this.#members.values()) {
      const claimant = await registerNode(context, member.node);
      if (!member.isGone) member.claimant = claimant;
    }
    this.serve();
  }

  /** The session was lost, and all claims with it. */
  loseAll(reason: Error): void {
    for (const member of this.#members.values()) {
      member.claimant = undefined;
      for (const claim of member.held.values()) claim.lost(reason);
      member.held.clear();
    }
  }

  withdrawn(entries: readonly WorkEntry[]): void {
    for (const { hash } of entries) this.claimOf(hash)?.claim.withdrawn();
  }

  /** Gives waiting subtasks to waiting claimers; call when either may be new. */
  serve(): void {
    const session = this.#options.session();
    if (session === undefined || session.context.session.state !== "connected") return;
    for (let claimer = this.#claimers.first; claimer !== undefined; ) {
      const { next, member, prefers } = claimer;
      if (member.claimant !== undefined) {
        const { homeOf, work } = session;
        let entry: WorkEntry | undefined;
        try {
          entry = work.order.take(prefers && (({ subtask }) => prefers(subtask)), homeOf?.(member.node.id));
        } catch (error) {
          // `prefers` threw: the fault of this claimer alone.
          this.#settle(claimer, () => claimer!.reject(error));
        }
        if (entry !== undefined) {
          entry.kind = "ours";
          this.#claimers.remove(claimer);
          void this.#attempt(claimer, session, entry, member.claimant);
        } else if (!claimer.isSettled) return;
      }
      claimer = next;
    }
  }

  /** Claims that wait are refused. */
  close(reason: Error): void {
    for (let claimer = this.#claimers.first; claimer !== undefined; claimer = this.#claimers.first) {
      const { reject } = claimer;
      this.#settle(claimer, () => reject(reason));
    }
    for (const { publishing } of this.#members.values()) clearTimeout(publishing);
  }

  async #attempt(claimer: Claimer, session: MemberSession, entry: WorkEntry, claimant: Claimant): Promise<void> {
    const { work, context } = session;
    try {
      const attempted = await claimSubtask(context, entry, claimant);
      if (attempted.kind === "claimed") {
        await this.#hand(claimer, session, entry, { claimant, order: attempted.order });
        return;
      }
      if (attempted.kind === "gone") work.remove(entry);
      else if (attempted.kind === "aside") work.setAside(entry);
      else work.putBack(entry, { first: true });
    } catch (error) {
      work.putBack(entry, { first: true });
      if (!isInDoubt(error)) {
        this.#options.onError(error);
        if (!claimer.isSettled) {
          claimer.isSettled = true;
          claimer.reject(error);
        }
      }
    }
    if (!claimer.isSettled) this.#claimers.prepend(claimer);
    this.serve();
  }

  async #hand(
    { member, ...claimer }: Claimer,
    { context, work }: MemberSession,
    entry: WorkEntry,
    { claimant, order }: { readonly claimant: Claimant; readonly order: number },
  ): Promise<void> {
    const { watched } = this.#options;
    const claim = new HeldClaim({
      context,
      entry,
      held: claimant.held,
      happened: (known, at) => watched.happened(entry.hash, known, at),
      onEnd: (verdict, end) => this.#ended(member, work, entry, { verdict, end }),
    });
    member.held.set(entry.hash, claim);
    watched.happened(entry.hash, { kind: "loading" }, order);
    if (context.lost.aborted) claim.lost(new Error("the session with ZooKeeper was lost"));
    if (!claimer.isSettled) claimer.resolve(claim);
    else await claim.release();
  }

  #ended(member: Member, work: Work, entry: WorkEntry, { verdict, end }: { readonly verdict: Verdict; readonly end: ClaimEnd }): void {
    member.held.delete(entry.hash);
    if (verdict.kind === "unowned") work.putBack(entry, { first: end.kind !== "fail" });
    else work.remove(entry);
    this.serve();
  }

  async #claim(member: Member, { signal, prefers }: Parameters<Membership["claim"]>[0]): Promise<Claim> {
    signal.throwIfAborted();
    if (member.isGone) throw gone(member);
    // All claims of a node commonly wait on one signal: no leak, so no warning.
    setMaxListeners(0, signal);
    return new Promise((resolve, reject) => {
      const claimer: Claimer = {
        member,
        prefers,
        signal,
        resolve: (claim) => {
          claimer.isSettled = true;
          signal.removeEventListener("abort", stop);
          resolve(claim);
        },
        reject: (reason) => {
          signal.removeEventListener("abort", stop);
          reject(reason);
        },
        isSettled: false,
        previous: undefined,
        next: undefined,
      };
      const stop = () => this.#settle(claimer, () => claimer.reject(signal.reason));
      signal.addEventListener("abort", stop, { once: true });
      this.#claimers.append(claimer);
      this.serve();
    });
  }

  #settle(claimer: Claimer, settle: () => void): void {
    if (claimer.isSettled) return;
    claimer.isSettled = true;
    if (claimer.previous !== undefined || this.#claimers.first === claimer) this.#claimers.remove(claimer);
    settle();
  }

  #report(member: Member, figures: Figures): void {
    member.node = { ...member.node, ...figures };
    member.publishing ??= setTimeout(() => {
      member.publishing = undefined;
      void this.#publish(member).catch((error: unknown) => {
        if (!isInDoubt(error)) this.#options.onError(error);
      });
    }, leastBetweenReports);
  }

  async #publish({ node, claimant, ...member }: Member): Promise<void> {
    const session = this.#options.session();
    if (session && claimant && !member.isGone) await publishNode(session.context, claimant, node);
  }

  async #leave(member: Member): Promise<void> {
    if (member.isGone) return;
    member.isGone = true;
    clearTimeout(member.publishing);
    for (let claimer = this.#claimers.first; claimer !== undefined; ) {
      const { next } = claimer;
      if (claimer.member === member) {
        const { reject } = claimer;
        this.#settle(claimer, () => reject(gone(member)));
      }
      claimer = next;
    }
    const cause = `node ${member.node.id} left while it had the subtask`;
    const held = [...member.held.values()];
    await Promise.all(held.map((claim) => claim.end({ kind: "lose", cause })));
    for (const claim of held) claim.lost(new Error(cause));
    const session = this.#options.session();
    const { claimant } = member;
    this.#members.delete(member.node.id);
    if (session && claimant) await unregisterNode(session.context, claimant);
  }
}

/** Which node a subtask is left to first, given the live nodes' names: each has about as many of them, and those of one partition always the same. */
export function createHome(names: readonly string[]): MemberSession["homeOf"] {
  if (names.length < 2) return undefined;
  const places = new Map([...names].sort().map((name, place) => [name, place]));
  return (node) => {
    const own = places.get(hashName(node));
    return ({ partitionNumber }) => partitionNumber % names.length === own;
  };
}

function gone(member: Member): Error {
  return new Error(`Cannot claim for node ${member.node.id}: it has left`);
}
