/** Queries with one mistake each, and what the refusal must say about it. */
import type { Place } from "./question.ts";
import { draw } from "./question.ts";

export interface BadInput {
  /** The mistake, for people. */
  readonly what: string;
  readonly body: string;
  readonly code: string;
  readonly at?: string;
  /** Line and column, from 1. */
  readonly place?: readonly [number, number];
  readonly near?: string;
}

const axis = (value: string, changes: object = {}) => ({ type: "regular", bins: 60, lower: 0, upper: 120, value, ...changes });
const query = (value: string, rest: object = {}, changes: object = {}) =>
  JSON.stringify({ dataset: "demo", histograms: { h: { axes: [axis(value, changes)] } }, ...rest });
const value = "/histograms/h/axes/0/value";

export const badInputs: readonly BadInput[] = [
  { what: "JSON that ends too early", body: query("MET.pt").slice(0, -2), code: "bad-json" },
  { what: "an unknown dataset", body: query("MET.pt", { dataset: "dmeo" }), code: "bad-query", at: "/dataset", near: "demo" },
  { what: "an unknown field of the query", body: query("MET.pt", { filters: "true" }), code: "bad-query", at: "/filters", near: "filter" },
  { what: "an unknown column", body: query("MTE.pt"), code: "bad-query", at: value, place: [1, 1], near: "MET" },
  { what: "an unknown function", body: query("1 +\n  sqr(MET.pt)"), code: "bad-query", at: value, place: [2, 3], near: "sqrt" },
  { what: "an unknown method", body: query("Muon.filtre(m => true)"), code: "bad-query", at: value, place: [1, 6], near: "filter" },
  { what: "a list where a number is due", body: query("MET.pt +\n Muon.pt"), code: "bad-query", at: value, place: [2, 2] },
  { what: "a filter that is no condition", body: query("MET.pt", { filter: "MET.pt" }), code: "bad-query", at: "/filter" },
  { what: "no bins", body: query("MET.pt", {}, { bins: 0 }), code: "bad-query", at: "/histograms/h/axes/0/bins" },
  { what: "a lower edge above the upper", body: query("MET.pt", {}, { lower: 200 }), code: "bad-query", at: "/histograms/h/axes/0/upper" },
  { what: "defines that go round", body: query("a", { define: { a: "b + 1", b: "a" } }), code: "bad-query" },
  { what: "no histograms", body: query("MET.pt", { histograms: {} }), code: "bad-query", at: "/histograms" },
];

export const badInput = ({ run, index }: Place): BadInput => badInputs[draw(badInputs.length, run, index, 0)]!;

/** Tells how a refusal differs from what it must say; undefined if it does not. */
export function findFaultOfRefusal(answer: unknown, { code, at, place, near }: BadInput): string | undefined {
  const { code: said, errors = [] } = answer as {
    readonly code?: string;
    readonly errors?: readonly {
      readonly at: string;
      readonly line?: number;
      readonly column?: number;
      readonly near?: readonly string[];
    }[];
  };
  if (said !== code) return `code is ${said}, not ${code}`;
  if (code !== "bad-query") return undefined;
  const [first] = errors;
  if (!first) return "it names no place";
  if (at !== undefined && first.at !== at) return `the place is ${first.at}, not ${at}`;
  if (place && (first.line !== place[0] || first.column !== place[1]))
    return `line and column are ${first.line}, ${first.column}, not ${place.join(", ")}`;
  if (near !== undefined && !first.near?.includes(near)) return `near are ${first.near?.join(", ") ?? "none"}, not ${near}`;
  return undefined;
}
