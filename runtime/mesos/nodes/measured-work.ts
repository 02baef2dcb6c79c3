/**
 * How much work waits and how fast more of it comes, in seconds of a thread: measured from what the coordinator tells of subtasks and nodes, look by
 * look. Pure.
 *
 * What a subtask costs is known by what it reads (dataset and columns): the time of busy threads and the subtasks done are shared out over what was
 * claimed meanwhile. That is exact where one thing is asked at a time, and a mean where several are.
 */
import type { Demand, Node } from "../../../coordination/coordinator.ts";

export interface Look {
  /** Milliseconds; only differences matter. */
  readonly at: number;
  readonly demand: readonly Pick<Demand, "dataset" | "columns" | "unowned" | "owned">[];
  readonly nodes: readonly Pick<Node, "id" | "threads" | "running" | "done">[];
}

export interface Work {
  /** Subtasks that wait or run. */
  readonly subtasks: number;
  /** Seconds of a thread that they take. */
  readonly backlog: number;
  /** Seconds of a thread that come in a second. */
  readonly arriving: number;
}

/** Sums that fade: seconds of a thread, and the subtasks done in them. */
interface Cost {
  readonly seconds: number;
  readonly done: number;
}

export interface Measures {
  readonly work: Work;
  readonly costs: ReadonlyMap<string, Cost>;
  readonly last: { readonly at: number; readonly subtasks: number; readonly done: ReadonlyMap<string, number> } | undefined;
}

/** Seconds of a thread that a subtask is taken to need of which nothing is known; it weighs as much as one that was measured. */
const usualCost = 1;
/** Sums of more subtasks than this are halved, so that what was measured long ago fades. */
const mostDone = 256;
const mostCosts = 1_000;
/** Seconds over which arrivals are averaged. */
const averaged = 120;

export const nothingMeasured: Measures = {
  work: { subtasks: 0, backlog: 0, arriving: 0 },
  costs: new Map(),
  last: undefined,
};

export function measureWork({ work: before, costs: known, last }: Measures, look: Look): Measures {
  const done = new Map(look.nodes.map((node) => [node.id, node.done]));
  const subtasks = sum(look.demand, ({ unowned, owned }) => unowned + owned);
  const seconds = last === undefined ? 0 : Math.max(0, look.at - last.at) / 1000;
  const ended = last === undefined ? 0 : sum(look.nodes, ({ id, done }) => Math.max(0, done - (last.done.get(id) ?? 0)));
  const busy = sum(look.nodes, ({ running, threads }) => Math.min(running, threads));
  const costs = shareOut(known, look, { seconds: busy * seconds, done: ended });
  const costOf = (demand: Look["demand"][number]) => mean(costs.get(keyOf(demand)));
  const backlog = sum(look.demand, (demand) => (demand.unowned + demand.owned) * costOf(demand));
  const arrived = last === undefined ? 0 : Math.max(0, subtasks - last.subtasks + ended);
  const typical = subtasks > 0 ? backlog / subtasks : meanOfAll(costs);
  const fading = Math.exp(-seconds / averaged);
  const arriving = before.arriving * fading + (arrived * typical) / averaged;
  return { work: { subtasks, backlog, arriving }, costs, last: { at: look.at, subtasks, done } };
}

function shareOut(known: ReadonlyMap<string, Cost>, { demand }: Look, spent: Cost): ReadonlyMap<string, Cost> {
  const owned = sum(demand, (each) => each.owned);
  if (owned === 0 || spent.seconds === 0) return known;
  const costs = new Map(known);
  for (const each of demand) {
    if (each.owned === 0) continue;
    const share = each.owned / owned;
    const key = keyOf(each);
    const { seconds, done } = costs.get(key) ?? { seconds: 0, done: 0 };
    const fade = done > mostDone ? 0.5 : 1;
    // What is used comes last, so that the longest unused is the first to be forgotten.
    costs.delete(key);
    costs.set(key, { seconds: fade * seconds + spent.seconds * share, done: fade * done + spent.done * share });
  }
  for (const key of costs.keys()) {
    if (costs.size <= mostCosts) break;
    costs.delete(key);
  }
  return costs;
}

const mean = ({ seconds, done }: Cost = { seconds: 0, done: 0 }): number => (seconds + usualCost) / (done + 1);

const meanOfAll = (costs: ReadonlyMap<string, Cost>): number =>
  mean({ seconds: sum(costs.values(), ({ seconds }) => seconds), done: sum(costs.values(), ({ done }) => done) });

const keyOf = ({ dataset, columns }: Pick<Demand, "dataset" | "columns">): string => JSON.stringify([dataset, ...columns]);

function sum<T>(items: Iterable<T>, numberOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += numberOf(item);
  return total;
}
