/** The claims of an embedded coordinator's nodes, which are all in this process. */
import type { AboutNode, Claim, JoinedNode } from "../coordinator.ts";
import type { ClaimEnd } from "../queue/claim-end.ts";
import { Cluster, type ClusterNode, createClusterNode } from "../queue/cluster.ts";
import { parseHoldings, summarizeHoldings } from "../queue/holdings.ts";
import { LocalNode, OwnClaim } from "../queue/local-node.ts";
import { LocalNodes } from "../queue/local-nodes.ts";
import type { EntryClaim, SubtaskEntry } from "./entries.ts";
import type { Journal } from "./journal.ts";
import type { SubtaskTable } from "./subtask-table.ts";

export interface ClaimsOptions {
  readonly table: SubtaskTable;
  /** Resolves when all changes so far are on disk, or the journal refused them; never rejects. */
  readonly written: () => Promise<void>;
  /** Tells that the subtask's record is up to date and need not be written. */
  readonly unmark: (entry: SubtaskEntry) => void;
  readonly writeAlong: Journal["writeAlong"];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly localityDelay: number;
}

/** Milliseconds. */
const writesLater = 50;
/** In milliseconds: after this, begun claims are recorded as begun; claims that have ended by then need no such record. */
const begunAfter = 20;

class EmbeddedNode extends LocalNode<EmbeddedClaim> {
  readonly inCluster: ClusterNode;

  constructor(about: AboutNode, now: number) {
    super(about.id, about, now);
    this.inCluster = createClusterNode(about.id, about.threads);
  }
}

/** A claim of a subtask; each later claim of the same subtask is another object. */
class EmbeddedClaim extends OwnClaim implements EntryClaim {
  readonly node: EmbeddedNode;
  readonly nodeId: string;
  /** Whether its end was written in the same transaction as its partial. */
  isAlong = false;
  readonly #entry: SubtaskEntry;
  readonly #claims: EmbeddedClaims;

  constructor(claims: EmbeddedClaims, node: EmbeddedNode, entry: SubtaskEntry) {
    super(entry);
    this.#claims = claims;
    this.#entry = entry;
    this.node = node;
    this.nodeId = node.node.id;
  }

  /** Must be called just before the transaction that removes the subtask's record. */
  removeRecord(): void {
    this.isAlong = true;
    this.#entry.isRecorded = false;
  }

  /** The number of the subtask's record in the journal. */
  get number(): number {
    return this.#entry.number;
  }

  get isEnded(): boolean {
    return this.#entry.claim !== this;
  }

  begin(): Promise<void> {
    return this.#claims.begin(this.#entry, this);
  }

  end(end: ClaimEnd): Promise<boolean> {
    return this.#claims.end(this.#entry, this, end);
  }
}

export class EmbeddedClaims {
  readonly nodes: LocalNodes<SubtaskEntry, EmbeddedNode>;
  readonly #options: ClaimsOptions;
  #later: ReturnType<typeof setTimeout> | undefined;
  #beginning: Promise<void> | undefined;

  constructor(options: ClaimsOptions) {
    const { table, now, localityDelay } = options;
    this.#options = options;
    this.nodes = new LocalNodes({
      queue: () => table.queue,
      localityDelay,
      now,
      claim: async (node, entries) =>
        entries.map((entry) => {
          const claim = new EmbeddedClaim(this, node, entry);
          node.claims.add(claim);
          table.own(entry, claim);
          return claim;
        }),
      onReport: (node) => this.#report(node),
      onLeave: async () => {
        this.#gather();
        this.nodes.serve();
        await options.written();
      },
    });
    table.queue.nodes = this.nodes;
  }

  async join(about: AboutNode): Promise<JoinedNode> {
    const joined = await this.nodes.join(new EmbeddedNode(about, this.#options.now()));
    this.#gather();
    const { writeAlong } = this.#options;
    if (!writeAlong) return joined;
    return {
      ...joined,
      async completeAlong(claims, write) {
        const completed: EmbeddedClaim[] = [];
        for (const claim of claims as readonly EmbeddedClaim[]) claim.removeRecord();
        await writeAlong(() => {
          for (const [index, isCompleted] of write().entries()) if (isCompleted) completed.push(claims[index] as EmbeddedClaim);
          // A claim that was lost meanwhile must not change the record, which belongs to the next claim.
          return new Map(completed.filter(({ isEnded }) => !isEnded).map(({ number }) => [number, undefined]));
        });
        const answers = await joined.complete(completed);
        const isOurs = new Map<Claim, boolean>(completed.map((claim, index) => [claim, answers[index]!]));
        return claims.map((claim) => isOurs.get(claim) ?? false);
      },
    };
  }

  /** Returns one promise for all claims that begin within some milliseconds. */
  begin(entry: SubtaskEntry, claim: EmbeddedClaim): Promise<void> {
    this.#options.table.begin(entry, claim);
    this.#beginning ??= new Promise<void>((resolve) => setTimeout(resolve, begunAfter)).then(() => {
      this.#beginning = undefined;
      return this.#options.written();
    });
    return this.#beginning;
  }

  async end(entry: SubtaskEntry, claim: EmbeddedClaim, end: ClaimEnd): Promise<boolean> {
    const { table, written, unmark } = this.#options;
    const isStopped = claim.signal.aborted;
    const verdict = table.end(entry, claim, end);
    if (verdict === undefined) return false;
    this.nodes.ended(claim.node, table.queue, entry, { end, verdict, isStopped });
    // Other changes, such as that nobody waits for the query any more, follow from the records after a crash, so they need not be written now.
    if (end.kind === "complete" && claim.isAlong && !entry.isRecorded) {
      unmark(entry);
      this.#writeLater();
    } else await written();
    return true;
  }

  #writeLater(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      void this.#options.written();
    }, writesLater).unref();
  }

  #report({ node, inCluster, held, quarantine }: EmbeddedNode): void {
    // Without other nodes, nobody uses this information.
    if (this.nodes.size < 2) return;
    inCluster.isBusy = node.running >= node.threads;
    inCluster.holdings = parseHoldings(summarizeHoldings(held()));
    const isAway = quarantine.at(this.#options.now()) !== undefined;
    if (isAway === inCluster.isAway) this.nodes.lookAgain();
    else this.#gather();
  }

  /** Rebuilds the cluster after nodes joined, left, or changed their quarantine. */
  #gather(): void {
    const nodes = [...this.nodes.all];
    for (const { inCluster, quarantine } of nodes) inCluster.isAway = quarantine.at(this.#options.now()) !== undefined;
    this.#options.table.queue.cluster = new Cluster(nodes.map(({ inCluster }) => inCluster));
    this.nodes.lookAgain();
  }
}
