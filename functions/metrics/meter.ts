/** The interface through which the functions report measurements. The host counts them and writes them out. */
import type { CounterName, GaugeName, HistogramName, LabelOf } from "./metrics.ts";

export interface Meter {
  /** Adds to a counter. */
  count<Name extends CounterName>(name: Name, label: LabelOf<Name>, by?: number): void;
  observe<Name extends HistogramName>(name: Name, label: LabelOf<Name>, seconds: number): void;
  /** Sets how a gauge is read when metrics are requested: one number, or one for each value of its label. A later call for a name replaces an earlier one. */
  gauge<Name extends GaugeName>(name: Name, read: () => Reading<Name> | Promise<Reading<Name>>): void;
  /** Writes all metrics in Prometheus' text format 0.0.4. A gauge that cannot be read is left out. */
  write(): Promise<string>;
}

export type Reading<Name extends GaugeName> =
  LabelOf<Name> extends infer Value extends string ? Readonly<Partial<Record<Value, number>>> : number;

export const metricsType = "text/plain; version=0.0.4; charset=utf-8";
