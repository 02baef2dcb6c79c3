/** Schemas of a query's fields, and limits on their size, which bound the work of everything that follows. */
import { z } from "zod";

export const limits = {
  /** The most characters of one expression. */
  expression: 20_000,
  /** The most bins of all histograms of a query together, including flow bins and variations. */
  bins: 100_000,
  /** The most axes of one histogram. */
  axes: 6,
  histograms: 200,
  /** The most histograms, counted once for the query itself and once for each variation. */
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
const finite = z.number({ error: "must be a finite number" });
const bins = z
  .int("must be a whole number")
  .min(1, "a histogram needs at least one bin")
  .max(limits.bins, `there can be at most ${limits.bins} bins`);
export const text = z.string("must be a string").max(limits.name, `can have at most ${limits.name} characters`);
export const label = text.optional();

/** The parts from which the axis types make their schemas. */
export const queryFields = { z, bins, finite, limits, ofEveryAxis: { label, value: expression } };
export type QueryFields = typeof queryFields;
