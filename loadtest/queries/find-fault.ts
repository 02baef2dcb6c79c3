/** Compares an answer with what it must be. Pure. */
import type { Status } from "../../functions/api.ts";
import type { Expected } from "./question.ts";

/** The parts of a query's status that are compared. */
export interface Answer {
  readonly state: Status["state"];
  readonly events: { readonly total: number; readonly done: number };
  readonly cutflow: readonly { readonly events: number; readonly weight: number }[];
  readonly histograms: Readonly<
    Record<string, { readonly storage: { readonly values: readonly number[]; readonly variances?: readonly number[] } }>
  >;
  readonly failures: readonly unknown[];
}

/**
 * Sums of weights depend on the order of summing in their last bits; one event more or less would change them by its weight, which is near 1.
 * Counts are compared exactly by the same rule.
 */
const isSame = (value: number | undefined, right: number): boolean =>
  value === right || (value !== undefined && Math.abs(value - right) <= 1e-9 * (1 + Math.abs(right)));

/** Describes the first difference for people; undefined if the answer is right. */
export function findFault(answer: Answer, expected: Expected): string | undefined {
  const { state, events, cutflow, histograms, failures } = answer;
  if (state !== "done") return `state is ${state}`;
  if (failures.length > 0) return `${failures.length} partitions failed`;
  if (events.total !== expected.entries || events.done !== expected.entries)
    return `${events.done} of ${events.total} events, not ${expected.entries}`;
  if (cutflow.length !== expected.cutflow.length) return `${cutflow.length} filters, not ${expected.cutflow.length}`;
  for (const [index, right] of expected.cutflow.entries()) {
    const { events: passed, weight } = cutflow[index]!;
    if (passed !== right.events || !isSame(weight, right.weight))
      return `filter ${index} passes ${passed} events of weight ${weight}, not ${right.events} of ${right.weight}`;
  }
  const names = Object.keys(expected.histograms);
  if (Object.keys(histograms).length !== names.length) return `${Object.keys(histograms).length} histograms, not ${names.length}`;
  for (const name of names) {
    const storage = histograms[name]?.storage;
    if (!storage) return `no histogram ${name}`;
    const { values, variances } = expected.histograms[name]!;
    const fault = differ(storage.values, values) ?? (variances && differ(storage.variances ?? [], variances));
    if (fault) return `histogram ${name}: ${fault}`;
  }
  return undefined;
}

/**
 * The part of a status's JSON that holds its answer: equal text is an equal answer, bit for bit, and looking for text costs k6 far less than
 * reading JSON. Undefined if the members are in another order.
 */
export function cutAnswer(text: string): string | undefined {
  const from = text.indexOf('"events":');
  const to = text.indexOf('"timing":');
  return from >= 0 && to > from ? text.slice(from, to) : undefined;
}

function differ(values: readonly number[], right: readonly number[]): string | undefined {
  if (values.length !== right.length) return `${values.length} bins, not ${right.length}`;
  const bin = right.findIndex((value, index) => !isSame(values[index], value));
  return bin < 0 ? undefined : `bin ${bin} is ${values[bin]}, not ${right[bin]}`;
}
