/** A list of a program as a person reads it, for errors: programs have no names of definitions, and no places in a text. */
import type { Program } from "../program/program.ts";

const shortForms: Readonly<Record<number, string>> = { 2: "pairs()", 3: "triples()" };

/** The list that a term makes, such as `Jet.filter(…).triples()`. Functions are left out, and what is beyond the depth. */
export function describeList(program: Program, term: number, depth = 6): string {
  const [operation, literal, ...args] = program.terms[term];
  const of = (index: number) => (depth > 0 ? describeList(program, args[index], depth - 1) : "…");
  switch (operation) {
    case "collection":
      return String(literal);
    case "combinations":
      return `${of(0)}.${shortForms[Number(literal)] ?? `combinations(${literal})`}`;
    case "concat":
    case "cross":
      return `${of(0)}.${operation}(${of(1)})`;
    case "map":
    case "filter":
    case "flatMap":
    case "sortBy":
    case "slice":
      return `${of(0)}.${operation}(…)`;
    default:
      return "a list";
  }
}
