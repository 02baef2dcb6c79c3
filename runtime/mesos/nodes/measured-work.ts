/**
 * Estimates how much work waits and how fast more of it arrives, in seconds of one thread. Based on repeated looks at the coordinator's subtasks and nodes.
 * Pure.
 *
 * The cost of a subtask is kept by what it reads (dataset and columns). Between two looks, the time of busy threads and the finished subtasks are shared
 * out among the kinds of subtasks that were claimed. This is exact if one kind runs at a time, else a mean.
 */
import type { Demand, Node } from "../../../coordination/coordinator.ts";

export interface Look {
  /** When, in milliseconds; only differences matter. */
  readonly at: number;
  readonly demand: readonly Pick<Demand, "dataset" | "columns" | "unowned" | "owned">[];
  readonly nodes: readonly Pick<Node, "id" | "threads" | "running" | "done">[];
}

export interface Work {
  /** The number of subtasks that wait or run. */
  readonly subtasks: number;
  /** The seconds of one thread that they need. */
  readonly backlog: number;
  /** The seconds of one thread that arrive per second. */
  readonly arriving: number;
}

/** Fading sums: the seconds of a thread, and the subtasks done in that time. */
interface Cost {
  readonly seconds: number;
  readonly done: number;
}

export interface Measures {
  readonly work: Work;
  readonly costs: ReadonlyMap<string, Cost>;
  readonly last: { readonly at: number; readonly subtasks: number; readonly done: ReadonlyMap<string, number> } | undefined;
}

/** The assumed cost, in seconds of a thread, of a subtask of an unknown kind. It has the weight of one measured subtask. */
const usualCost = 1;
/** Sums over more subtasks than this are halved, so that old measurements fade. */
const mostDone = 256;
const mostCosts = 1_000;
/** The seconds over which arrivals are averaged. */
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
    // Used costs are moved to the end, so that the one unused for longest is forgotten first.
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
