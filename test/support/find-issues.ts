/** Finds what is wrong with a query, in the form in which a client is told. */

import type { Schema } from "../../engine/program/schema.ts";
import { makeProgram } from "../../engine/query/make-program.ts";
import { readQuery } from "../../engine/query/query.ts";
import { QueryError, type QueryIssue } from "../../engine/query/query-error.ts";

/** Returns no issues if the query is valid. `query` may lack its dataset. */
export function findIssues(query: unknown, schema: Schema): readonly QueryIssue[] {
  try {
    const named = typeof query === "object" && query !== null && !Array.isArray(query) ? { dataset: "test", ...query } : query;
    makeProgram(readQuery(named), schema);
  } catch (error) {
    if (error instanceof QueryError) return error.issues;
    throw error;
  }
  return [];
}

/** A histogram of one regular axis from 0 to 100. */
export const histogramOf = (value: string, more: object = {}): object => ({
  axes: [{ type: "regular", bins: 100, lower: 0, upper: 100, value }],
  ...more,
});

/** Writes an issue as `at line:column message (near names)`. */
export function describeIssue({ at, line, column, message, near }: QueryIssue): string {
  const place = line === undefined ? "" : ` ${line}:${column}`;
  return `${at}${place} ${message}${near ? ` (near ${near.join(", ")})` : ""}`;
}
