/** What fields of a query are made of, as schemas, and how large they may be: so that everything after is bounded. */
import { z } from "zod";

export const limits = {
  /** Characters of one expression. */
  expression: 20_000,
  /** Bins of all histograms of a query together, flow bins and variations included. */
  bins: 100_000,
  /** Of one histogram. */
  axes: 6,
  histograms: 200,
  /** Histograms times programs: that of the query and those of its variations. */
  variedHistograms: 2_000,
  defines: 500,
  filters: 200,
  totals: 200,
  rowColumns: 100,
  variations: 100,
  name: 200,
} as const;

export const expression = z
  .string({ error: ({ input }) => (input === undefined ? "an expression is missing here" : "must be an expression, as a string") })
  .min(1, "an expression cannot be empty")
  .max(limits.expression, `an expression may have at most ${limits.expression} characters`);
export const finite = z.number({ error: "must be a finite number" });
export const bins = z
  .int("must be a whole number")
  .min(1, "a histogram needs at least one bin")
  .max(limits.bins, `there can be at most ${limits.bins} bins`);
export const label = z.string().max(limits.name).optional();

/** What the kinds of axes make their schemas of. */
export const queryFields = { z, bins, finite, limits, ofEveryAxis: { label, value: expression } };
export type QueryFields = typeof queryFields;
