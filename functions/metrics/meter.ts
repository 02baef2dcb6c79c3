/** Where measurements go. The functions know this seam only: what counts and writes them belongs to the host. */
import type { CounterName, GaugeName, HistogramName, LabelOf } from "./metrics.ts";

export interface Meter {
  /** Adds to a counter. */
  count<Name extends CounterName>(name: Name, label: LabelOf<Name>, by?: number): void;
  observe<Name extends HistogramName>(name: Name, label: LabelOf<Name>, seconds: number): void;
  /** Reads a gauge when somebody looks: one number, or one for each value of its label. A second call for a name takes the place of the first. */
  gauge<Name extends GaugeName>(name: Name, read: () => Reading<Name> | Promise<Reading<Name>>): void;
  /** Everything, in Prometheus' text format 0.0.4. A gauge that cannot be read is left out. */
  write(): Promise<string>;
}

export type Reading<Name extends GaugeName> =
  LabelOf<Name> extends infer Value extends string ? Readonly<Partial<Record<Value, number>>> : number;

export const metricsType = "text/plain; version=0.0.4; charset=utf-8";
