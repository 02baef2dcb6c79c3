/** Counts subtasks by dataset and the columns that they read. Pure. */
import type { Demand, Subtask } from "../coordinator.ts";

export type DemandState =
  | { readonly kind: "unowned"; readonly priority: number /** Milliseconds since the epoch. */; readonly since: number }
  | { readonly kind: "owned" | "failed" };

export type Read = Pick<Subtask, "dataset" | "columns">;

type Sum = { -readonly [Name in keyof Demand]: Demand[Name] };

const noColumns: readonly string[] = [];

export class DemandTally {
  readonly #sums = new Map<string, Sum>();
  /** The sorted columns as text, once per list of columns, since the subtasks of a program share one list. */
  readonly #texts = new WeakMap<readonly string[], string>();

  add({ dataset, columns = noColumns }: Read, state: DemandState): void {
    const sum = this.#sumOf(dataset, columns);
    sum[state.kind]++;
    if (state.kind !== "unowned") return;
    sum.priority = Math.min(sum.priority ?? state.priority, state.priority);
    sum.since = Math.min(sum.since ?? state.since, state.since);
  }

  /** The counts, in the order in which they were first added. */
  get demands(): readonly Demand[] {
    return [...this.#sums.values()];
  }

  #sumOf(dataset: string, columns: readonly string[]): Sum {
    let text = this.#texts.get(columns);
    if (text === undefined) {
      text = JSON.stringify([...columns].sort());
      this.#texts.set(columns, text);
    }
    const key = `${dataset}\n${text}`;
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      sum = { dataset, columns: [...columns].sort(), unowned: 0, owned: 0, failed: 0, priority: undefined, since: undefined };
      this.#sums.set(key, sum);
    }
    return sum;
  }
}

/** The sums over all of these counts. */
export function countSubtasks(demand: readonly Demand[]): Pick<Demand, "unowned" | "owned" | "failed"> {
  const counts = { unowned: 0, owned: 0, failed: 0 };
  for (const { unowned, owned, failed } of demand) {
    counts.unowned += unowned;
    counts.owned += owned;
    counts.failed += failed;
  }
  return counts;
}
