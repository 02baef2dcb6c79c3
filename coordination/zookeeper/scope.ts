/** Everything of the coordinator that lives and ends with one session. */

import type { Log } from "../../base/log.ts";
import type { Members } from "./claims/members.ts";
import { Peers } from "./claims/peers.ts";
import type { MemberSession } from "./claims/waiting-claims.ts";
import { Work } from "./claims/work.ts";
import type { SessionContext } from "./context.ts";
import { Combiner } from "./protocol/combine.ts";
import type { Session } from "./protocol/session.ts";
import { isInDoubt } from "./protocol/zookeeper-error.ts";
import { followWithdrawals } from "./requests/follow-withdrawals.ts";
import { sweepLostClaims } from "./upkeep/sweep-lost-claims.ts";
import { SubtaskViews } from "./watching/subtask-views.ts";
import { View } from "./watching/view.ts";
import type { WatchedSubtasks } from "./watching/watched-subtasks.ts";
import type { Layout } from "./znodes/layout.ts";

export interface ScopeOptions {
  readonly session: Session;
  readonly lost: AbortSignal;
  readonly layout: Layout;
  readonly log: Log;
  readonly watched: WatchedSubtasks;
  readonly members: Members;
  /** A query has no subtasks left, as far as a node here knows. */
  readonly onIdle: (context: SessionContext, query: string) => void;
  readonly mostEntries: number;
}

/** Processes that see a node die do not all sweep at the same moment. */
const sweepWithin = 100;

export class Scope {
  readonly context: SessionContext;
  readonly views: SubtaskViews;
  readonly #options: ScopeOptions;
  readonly #nodes: View;
  #work: { readonly work: Work; readonly ready: Promise<void> } | undefined;
  readonly #peers: Peers;
  #names: readonly string[] = [];
  #nodeChanges: number | undefined;
  #returned = -1;
  #sweeping: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ScopeOptions) {
    const { session, lost, layout, log, watched } = options;
    this.#options = options;
    const onError = (err: unknown) => log.error({ err }, "something of the coordinator failed; it goes on");
    this.context = { session, lost, layout, log, onError, combiner: new Combiner(session), views: new Set(), locks: new Map() };
    this.views = new SubtaskViews({
      context: this.context,
      watched,
      onShard: (shard, listing, names) => {
        const ours = this.#work?.work.reconcile(shard, listing, names);
        if (ours) options.members.withdrawn(ours);
      },
    });
    this.#peers = new Peers(this.context, () => options.members.lookAgain());
    this.#nodes = new View({
      context: this.context,
      path: layout.nodes,
      onList: (listing) => listing && this.#readNodes(listing.children, listing.stat.cversion),
    });
    void this.#nodes.look();
    lost.addEventListener("abort", () => clearTimeout(this.#sweeping), { once: true });
  }

  get forMembers(): MemberSession | undefined {
    return this.#work && { context: this.context, work: this.#work.work, peers: this.#peers };
  }

  /** Of nodes that join: what waits is followed from now on. Resolves when it is known. */
  async openWork(): Promise<MemberSession> {
    if (this.#work === undefined) {
      const { members, onIdle, mostEntries } = this.#options;
      const { context, views } = this;
      const work = new Work({
        context,
        onWork: () => members.serve(),
        onShard: (shard) => views.follow(shard),
        onGone: (entry) => this.#guard(views.wasWithdrawn(entry.hash).then((isWithdrawn) => isWithdrawn || members.doneElsewhere(entry))),
        onIdle: (query) => onIdle(context, query),
        mostEntries,
      });
      this.#peers.setNames(this.#names);
      this.#work = { work, ready: this.#followReturned(work).then(() => work.start()) };
      followWithdrawals(context, members);
    }
    await this.#work.ready;
    return this.forMembers!;
  }

  /** After the connection was lost and found within the session: what happened meanwhile is read. */
  resume(): void {
    this.views.resume();
    for (const view of this.context.views) void view.look();
    this.#work?.work.resume();
    if (this.#work) this.#guard(this.#followReturned(this.#work.work));
    this.#options.members.serve();
  }

  /** Subtasks that come back from claims. */
  async #followReturned(work: Work): Promise<void> {
    const { session, layout, lost } = this.context;
    const content = await session.get(layout.returned, this.#onReturned);
    const version = content?.stat.version ?? 0;
    if (lost.aborted || version === this.#returned) return;
    this.#returned = version;
    work.returnAside();
  }

  /** One function for all times: the client keeps one watcher a path then. */
  readonly #onReturned = () => {
    if (this.#work) this.#guard(this.#followReturned(this.#work.work));
  };

  #readNodes(names: readonly string[], changes: number): void {
    this.#names = names;
    if (this.#work) this.#peers.setNames(names);
    if (this.#nodeChanges !== undefined && this.#nodeChanges !== changes) {
      this.#work?.work.returnAside();
      clearTimeout(this.#sweeping);
      this.#sweeping = setTimeout(() => this.#guard(sweepLostClaims(this.context)), Math.random() * sweepWithin);
    }
    this.#nodeChanges = changes;
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!isInDoubt(error)) this.context.onError(error);
    });
  }
}
