/** Counts the subtasks by what they read. The queries' segments name the subtasks, and lists tell their states. */
import { turn } from "../../../base/turn.ts";
import type { Demand, Subtask } from "../../coordinator.ts";
import { DemandTally, type Read } from "../../queue/demand.ts";
import { parseRead } from "../znodes/encoding.ts";
import { listSubtasks } from "../znodes/list-subtasks.ts";
import type { Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { type Interests, listInterests } from "./interests.ts";

const perTurn = 2_000;
/** If there are more subtasks than this, the demand is read again only after `keepMany`, since that reads most of the znodes. */
const many = 20_000;
/** In milliseconds. */
const keepMany = 10_000;

interface NamedSubtask {
  readonly subtask: Subtask;
  priority: number;
  since: number;
}

export class DemandReader {
  readonly #segments: Segments;
  /** For each znode below `failed`, by its name: the dataset and the columns that its subtask reads. */
  readonly #failed = new Map<string, Read>();
  #kept: { readonly demand: readonly Demand[]; readonly until: number } | undefined;

  constructor(segments: Segments) {
    this.#segments = segments;
  }

  async read(zookeeper: ZooKeeper): Promise<readonly Demand[]> {
    if (this.#kept && performance.now() < this.#kept.until) return this.#kept.demand;
    const { session, layout } = zookeeper;
    const tally = new DemandTally();
    const [interests, failed] = await Promise.all([listInterests(zookeeper), session.list(layout.failed)]);
    for (const read of await readFailed(zookeeper, failed?.children ?? [], this.#failed)) tally.add(read, { kind: "failed" });
    const named = await readNamed(zookeeper, this.#segments, interests);
    if (named.size > 0) await addNamed(tally, named, zookeeper);
    this.#kept = named.size > many ? { demand: tally.demands, until: performance.now() + keepMany } : undefined;
    return tally.demands;
  }
}

async function addNamed(tally: DemandTally, named: ReadonlyMap<string, NamedSubtask>, zookeeper: ZooKeeper): Promise<void> {
  const { hashes, claimed, failed } = await listSubtasks(zookeeper);
  for (const [index, hash] of hashes.entries()) {
    if (index % perTurn === perTurn - 1) await turn();
    const waiting = named.get(hash);
    if (waiting === undefined || failed.has(hash)) continue;
    tally.add(waiting.subtask, claimed.has(hash) ? { kind: "owned" } : { kind: "unowned", ...waiting });
  }
}

/** Reads all subtasks that queries name, by hash, each with its best priority and the earliest time at which a query asked for it. */
async function readNamed(zookeeper: ZooKeeper, segments: Segments, interests: Interests) {
  const named = new Map<string, NamedSubtask>();
  for (const [query, shown] of interests) {
    const priority = Math.min(...shown.map((interest) => interest.priority));
    const known = await segments.list(zookeeper, query);
    for (const name of known?.names ?? []) {
      const { subtasks, hashes } = await segments.read(zookeeper, known!, name);
      for (const [index, hash] of hashes.entries()) {
        const waiting = named.get(hash) ?? { subtask: subtasks[index]!, priority, since: known!.since };
        waiting.priority = Math.min(waiting.priority, priority);
        waiting.since = Math.min(waiting.since, known!.since);
        named.set(hash, waiting);
      }
      await turn();
    }
  }
  return named;
}

async function readFailed({ session, layout }: ZooKeeper, names: readonly string[], known: Map<string, Read>): Promise<readonly Read[]> {
  const there = new Set(names);
  for (const name of known.keys()) if (!there.has(name)) known.delete(name);
  const read = async (name: string): Promise<Read | undefined> => {
    if (!known.has(name)) {
      const content = await session.get(`${layout.failed}/${name}`);
      if (content) known.set(name, parseRead(content.data) ?? { dataset: "" });
    }
    return known.get(name);
  };
  return (await Promise.all(names.map(read))).filter((each) => each !== undefined);
}
