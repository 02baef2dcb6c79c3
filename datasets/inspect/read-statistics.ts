/**
 * Counts the values of a column, and computes their sum and range. It reads partition by partition through `readColumn`, as queries do, so memory is
 * bounded by the column of one partition. Sums compensate for rounding (A. Neumaier, 1974), so they are nearly as exact as float64 can be.
 */
import type { Column, DType } from "../../engine/program/schema.ts";
import type { CurrentDataset } from "../catalogue/current-dataset.ts";
import type { ColumnTarget, Partition } from "../dataset.ts";
import { makeTarget } from "../make-target.ts";
import { readColumn } from "../read-column.ts";

/** Sum, min and max are those of the finite values; null if there are none, and for strings. */
export interface Statistics {
  /** The number of values that are not missing. */
  readonly values: number;
  readonly missing: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly nonfinite: number;
  /** The least and the largest of 64-bit integers, in decimal digits, if float64 rounds one of them. */
  readonly exact?: { readonly min: string; readonly max: string };
}

export interface StatisticsOptions {
  readonly signal?: AbortSignal;
  /** Called after each partition. */
  readonly onPartition?: () => void;
}

export async function readStatistics(
  dataset: Pick<CurrentDataset, "locate">,
  partitions: readonly Partition[],
  { name, dtype }: Pick<Column, "name" | "dtype">,
  { signal, onPartition }: StatisticsOptions = {},
): Promise<Statistics> {
  const running = new RunningStatistics();
  for (const partition of partitions) {
    const location = await dataset.locate(partition, name);
    const target = makeTarget(location);
    const counts = await readColumn(location, target, signal ? { signal } : {});
    if (dtype === "string") running.count(counts.values - counts.missing, counts.missing);
    else running.add(target, counts.values);
    onPartition?.();
  }
  return running.read(dtype);
}

/** Larger integers may be rounded in float64. */
const exactBeyond = BigInt(Number.MAX_SAFE_INTEGER);

class RunningStatistics {
  #values = 0;
  #missing = 0;
  #nonfinite = 0;
  #sum = 0;
  #rest = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #exact: { readonly min: bigint; readonly max: bigint } | undefined;

  count(values: number, missing: number): void {
    this.#values += values;
    this.#missing += missing;
  }

  add({ values, valid }: Pick<ColumnTarget, "values" | "valid">, length: number): void {
    let [sum, rest, min, max, missing, nonfinite] = [this.#sum, this.#rest, this.#min, this.#max, 0, 0];
    for (let index = 0; index < length; index++) {
      if (valid && valid[index] === 0) {
        missing++;
        continue;
      }
      const value = Number(values[index]!);
      // This difference is 0 for finite values, and NaN for infinite values and NaN.
      if (value - value !== 0) {
        nonfinite++;
        continue;
      }
      if (value < min) min = value;
      if (value > max) max = value;
      const next = sum + value;
      rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
    }
    [this.#sum, this.#rest, this.#min, this.#max] = [sum, rest, min, max];
    this.#nonfinite += nonfinite;
    this.count(length - missing, missing);
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) this.#addExact(values.subarray(0, length), valid);
  }

  #addExact(values: BigInt64Array | BigUint64Array, valid: ColumnTarget["valid"]): void {
    let { min, max } = this.#exact ?? { min: undefined, max: undefined };
    for (const [index, value] of values.entries()) {
      if (valid && valid[index] === 0) continue;
      if (min === undefined || value < min) min = value;
      if (max === undefined || value > max) max = value;
    }
    if (min !== undefined && max !== undefined) this.#exact = { min, max };
  }

  read(dtype: DType): Statistics {
    const isNumeric = dtype !== "string";
    const hasRange = isNumeric && this.#values > this.#nonfinite;
    const total = this.#sum + this.#rest;
    const exact = this.#exact;
    const isRounded = exact !== undefined && (exact.min < -exactBeyond || exact.max > exactBeyond);
    return {
      values: this.#values,
      missing: this.#missing,
      // If the sum exceeds the range of float64, the compensation is NaN.
      sum: isNumeric ? (Number.isNaN(total) ? this.#sum : total) : null,
      min: hasRange ? this.#min : null,
      max: hasRange ? this.#max : null,
      nonfinite: this.#nonfinite,
      ...(isRounded && { exact: { min: `${exact.min}`, max: `${exact.max}` } }),
    };
  }
}
