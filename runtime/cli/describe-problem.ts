/** Describes a problem document as text: each error with its place, its expression with a caret under it, and what was probably meant. */

import type { QueryIssue } from "../../engine/query/query-error.ts";
import type { Problem } from "../../functions/api.ts";
import { displayable } from "../../functions/render/displayable.js";
import type { Colours } from "./draw/terminal.ts";

export interface ProblemOptions {
  readonly colours: Colours;
  readonly width: number;
  /** The query to which the errors' places refer. */
  readonly query?: unknown;
}

const whereIds = "`femtoq queries` lists recent queries with their ids; an id must be given whole.";

export function describeProblem(told: Problem, options: ProblemOptions): string {
  const problem = displayable(told);
  const { colours } = options;
  if (problem.code === "unknown-query") return `${colours.red(problem.title)}: ${problem.detail}\n${whereIds}`;
  if (!problem.errors || problem.errors.length === 0) return `${colours.red(problem.title)}: ${problem.detail}`;
  const { length } = problem.errors;
  // For a query the number of errors is enough, since each error follows; other problems are best told by their detail.
  const summary = problem.code === "bad-query" ? (length === 1 ? "1 error" : `${length} errors`) : problem.detail;
  const head = `${colours.red(problem.title)}: ${summary}`;
  return [head, ...problem.errors.flatMap((issue) => ["", ...describeIssue(issue, options)])].join("\n");
}

function describeIssue(issue: QueryIssue, { colours, width, query }: ProblemOptions): readonly string[] {
  const { at, message, line, column, near } = issue;
  const place = line === undefined ? at || "/" : `${at} ${line}:${column}`;
  const meant = near && near.length > 0 ? [`  Did you mean ${near.join(" or ")}?`] : [];
  const expression = line === undefined ? undefined : valueAt(query, at);
  const excerpt = typeof expression === "string" ? pointInto(expression, { line: line!, column: column ?? 1, width: width - 2 }) : [];
  const [source, caret] = excerpt;
  const drawn = source === undefined ? [] : [`  ${source}`, `  ${colours.red(caret)}`];
  return [colours.bold(place), ...drawn, `  ${message}`, ...meant];
}

/** The line of a text and a caret under its column, both cut to the width around the caret. */
export function pointInto(
  text: string,
  place: { readonly line: number; readonly column: number; readonly width: number },
): readonly [string, string] {
  const line = (text.split(/\r\n?|[\n\u2028\u2029]/)[place.line - 1] ?? "").replaceAll("\t", " ").replace(/\p{Cc}/gu, "·");
  const offset = Math.max(0, place.column - 1);
  if (line.length <= place.width) return [line, `${" ".repeat(offset)}^`];
  const start = Math.max(0, Math.min(offset - Math.floor(place.width / 2), line.length - place.width + 1));
  const before = start > 0 ? "…" : "";
  const end = start + place.width - before.length - 1;
  return [`${before}${line.slice(start, end)}${end < line.length ? "…" : ""}`, `${" ".repeat(before.length + offset - start)}^`];
}

/** Follows a JSON pointer (RFC 6901); undefined if there is no such value. A single filter is both `/filter` and `/filter/0`. */
function valueAt(query: unknown, pointer: string): unknown {
  let value = query;
  for (const part of pointer.split("/").slice(1)) {
    if (typeof value === "string" && part === "0") continue;
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
