/** The nodes of a coordinator, what they hold, and those of them that wait for a subtask: first come, first served. */
import { setMaxListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import type { Claim, ClaimOptions, Figures, JoinedNode, Node, Subtask } from "../coordinator.ts";
import type { ClaimEnd } from "../queue/claim-end.ts";
import { Cluster, createPeer, type Peer } from "../queue/cluster.ts";
import { parseHoldings, summarizeHoldings } from "../queue/holdings.ts";
import { type Linked, LinkedList } from "../queue/linked-list.ts";
import { withJitter } from "../queue/locality.ts";
import { findNextSubtask } from "../queue/next-subtask.ts";
import { Scan } from "../queue/waiting-order.ts";
import type { Board } from "./board.ts";
import type { Hold, SubtaskEntry } from "./subtask-entry.ts";

interface Member {
  node: Node;
  readonly held: Map<Claim, { readonly entry: SubtaskEntry; readonly hold: Hold }>;
  readonly peer: Peer;
  readonly scan: Scan;
  isDraining: boolean;
  isGone: boolean;
  /** Waits for the last claim to end. */
  onIdle: (() => void) | undefined;
}

interface Claimer extends Linked<Claimer> {
  readonly member: Member;
  readonly prefers: ((subtask: Subtask) => boolean) | undefined;
  readonly prepare: ((subtask: Subtask) => void) | undefined;
  /** Milliseconds, as `performance.now()`. */
  readonly waitsSince: number;
  readonly delay: number;
  readonly resolve: (claims: readonly Claim[]) => void;
  readonly reject: (reason: unknown) => void;
}

export interface MembersOptions {
  readonly board: Board;
  /** Resolves when what happened was written down; does not reject. */
  readonly settled: () => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly localityDelay: number;
}

export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  readonly #claimers = new LinkedList<Claimer>();
  #cluster = Cluster.empty;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  nodes(): readonly Node[] {
    return [...this.#members.values()].map(({ node }) => node);
  }

  join(node: Pick<Node, "id" | "host" | "threads" | "cacheLimit">): JoinedNode {
    if (this.#members.has(node.id))
      throw new Error(`Cannot join as node ${node.id}: a node of this name is there already; give each its own`);
    const figures = { cacheBytes: 0, running: 0, done: 0, failed: 0 };
    const member: Member = {
      node: { ...node, ...figures, since: this.#options.now() },
      held: new Map(),
      peer: createPeer(node.id, node.threads),
      scan: new Scan(),
      isDraining: false,
      isGone: false,
      onIdle: undefined,
    };
    this.#members.set(node.id, member);
    this.#gather();
    return {
      id: node.id,
      claim: (options) => this.#claim(member, options),
      begin: (claims) => this.#begin(member, claims),
      complete: (claims) => this.#end(member, claims, { kind: "complete" }),
      release: (claims) => this.#end(member, claims, { kind: "release" }),
      fail: async (claim, cause, { permanent = false } = {}) => (await this.#end(member, [claim], { kind: "fail", cause, permanent }))[0]!,
      drain: () => this.#drain(member),
      report: (latest) => this.#report(member, latest),
      leave: () => this.#leave(member),
    };
  }

  /** Gives waiting subtasks to waiting claimers; call when either may be new. */
  serve(): void {
    clearTimeout(this.#later);
    let served = 0;
    let until = Number.POSITIVE_INFINITY;
    for (let claimer = this.#claimers.first; claimer !== undefined && this.#options.board.order.size > 0; ) {
      const { next: following, member, prepare, resolve, reject } = claimer;
      try {
        const next = this.#findNext(claimer);
        if (next.kind === "take") {
          prepare?.(next.item.subtask);
          const hold = this.#options.board.own(next.item, member.node.id);
          this.#claimers.remove(claimer);
          resolve([this.#createClaim(member, next.item, hold)]);
          served++;
        } else if (next.kind === "look") until = 0;
        else if (next.kind === "wait") until = Math.min(until, next.until);
      } catch (error) {
        // `prefers` or `prepare` threw: the fault of this claimer alone.
        this.#claimers.remove(claimer);
        reject(error);
      }
      claimer = following;
    }
    // Not waited for, so that work starts at once.
    if (served > 0) void this.#options.settled();
    if (until === 0) void turn().then(() => this.serve());
    else if (until < Number.POSITIVE_INFINITY) this.#later = setTimeout(() => this.serve(), until - performance.now() + 1);
  }

  #findNext({ member, prefers, waitsSince, delay }: Claimer) {
    const { name } = member.peer;
    const asker = { name, scan: member.scan, prefers, waitsSince, delay, now: performance.now() };
    return findNextSubtask(this.#options.board.order, this.#cluster, asker);
  }

  #gather(): void {
    this.#cluster = new Cluster([...this.#members.values()].map(({ peer }) => peer));
    for (const { scan } of this.#members.values()) scan.restart();
  }

  #report(member: Member, { held, ...figures }: Figures): void {
    member.node = { ...member.node, ...figures };
    // Nobody else asks.
    if (this.#members.size < 2) return;
    member.peer.isBusy = figures.running >= member.node.threads;
    if (held) member.peer.holdings = parseHoldings(summarizeHoldings(held()));
    for (const { scan } of this.#members.values()) scan.restart();
  }

  /** Claims that wait are refused. */
  close(reason: Error): void {
    clearTimeout(this.#later);
    for (let claimer = this.#claimers.first; claimer !== undefined; claimer = this.#claimers.first) {
      this.#claimers.remove(claimer);
      claimer.reject(reason);
    }
  }

  async #claim(member: Member, { signal, prefers, prepare }: ClaimOptions): Promise<readonly Claim[]> {
    signal.throwIfAborted();
    if (member.isGone) throw gone(member);
    if (member.isDraining) return [];
    const { promise, resolve, reject } = withResolvers<readonly Claim[]>();
    const claimer: Claimer = {
      member,
      prefers,
      prepare,
      waitsSince: performance.now(),
      delay: withJitter(this.#options.localityDelay, Math.random()),
      resolve,
      reject,
      previous: undefined,
      next: undefined,
    };
    const stop = () => {
      if (!this.#isWaiting(claimer)) return;
      this.#claimers.remove(claimer);
      reject(signal.reason);
    };
    this.#claimers.append(claimer);
    // All claims of a node commonly wait on one signal: no leak, so no warning.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", stop, { once: true });
    this.serve();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #isWaiting(claimer: Claimer): boolean {
    return claimer.previous !== undefined || this.#claimers.first === claimer;
  }

  async #leave(member: Member): Promise<void> {
    if (member.isGone) return;
    member.isGone = true;
    this.#members.delete(member.node.id);
    this.#gather();
    this.#endWaiting(member, ({ reject }) => reject(gone(member)));
    const cause = `node ${member.node.id} left while it had the subtask`;
    for (const { entry, hold } of member.held.values()) {
      this.#options.board.end(entry, hold, { kind: "lose", cause });
      hold.controller.abort(new Error(cause));
    }
    member.held.clear();
    member.onIdle?.();
    this.serve();
    await this.#options.settled();
  }

  #endWaiting(member: Member, end: (claimer: Claimer) => void): void {
    for (let claimer = this.#claimers.first; claimer !== undefined; ) {
      const { next } = claimer;
      if (claimer.member === member) {
        this.#claimers.remove(claimer);
        end(claimer);
      }
      claimer = next;
    }
  }

  async #begin(member: Member, claims: readonly Claim[]): Promise<void> {
    for (const claim of claims) {
      const held = member.held.get(claim);
      if (held) this.#options.board.begin(held.entry, held.hold);
    }
    await this.#options.settled();
  }

  async #end(member: Member, claims: readonly Claim[], end: ClaimEnd): Promise<readonly boolean[]> {
    const answers = claims.map((claim) => {
      const held = member.held.get(claim);
      member.held.delete(claim);
      return held !== undefined && this.#options.board.end(held.entry, held.hold, end);
    });
    if (member.held.size === 0) member.onIdle?.();
    this.serve();
    await this.#options.settled();
    return answers;
  }

  async #drain(member: Member): Promise<void> {
    member.isDraining = true;
    this.#endWaiting(member, ({ resolve }) => resolve([]));
    const unbegun = [...member.held].filter(([, { hold }]) => hold.loading);
    for (const [, { hold }] of unbegun)
      hold.controller.abort(new Error(`node ${member.node.id} ends: it hands back what it has not begun`));
    await this.#end(
      member,
      unbegun.map(([claim]) => claim),
      { kind: "release" },
    );
    if (member.held.size > 0) await new Promise<void>((resolve) => (member.onIdle = resolve));
  }

  #createClaim(member: Member, entry: SubtaskEntry, hold: Hold): Claim {
    const claim: Claim = {
      subtask: entry.subtask,
      priority: entry.queries.reduce((lowest, { best }) => Math.min(lowest, best?.priority ?? 999), 999),
      signal: hold.controller.signal,
    };
    member.held.set(claim, { entry, hold });
    return claim;
  }
}

function gone(member: Member): Error {
  return new Error(`Cannot claim for node ${member.node.id}: it has left`);
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
