/** Which terms can be computed for two neighbours at once, in two lanes: arithmetic on what plain columns hold. */
import type { Operation, Term } from "../program/term.ts";
import { isOptional } from "../program/types.ts";
import type { Emitter } from "./emitter.ts";

const operations: ReadonlySet<Operation> = new Set<Operation>([
  "param",
  "member",
  "record",
  "number",
  "boolean",
  "negate",
  "add",
  "subtract",
  "multiply",
  "divide",
  "equal",
  "not-equal",
  "less",
  "less-equal",
  "greater",
  "greater-equal",
  "and",
  "or",
  "not",
  "conditional",
]);
const functions: ReadonlySet<unknown> = new Set(
  "abs sqrt floor ceil trunc min max isNaN signedSqrt wrapAngle sin cos sinh cosh exp".split(" "),
);

/** Over the elements of lists of the schema, or over events. */
export function isWide(emitter: Emitter, term: Term): boolean {
  const known = new Map<Term, boolean>();
  const check = (each: Term): boolean => {
    const before = known.get(each);
    if (before !== undefined) return before;
    const result = !each.hasLists && !isOptional(each.type) && isWideHere(emitter, each) && each.args.every(check);
    known.set(each, result);
    return result;
  };
  return check(term);
}

function isWideHere({ columns }: Emitter, { operation, literal, args, type }: Term): boolean {
  if (operation === "field") {
    const record = args[0].type;
    return (
      type.kind === "number" &&
      record.kind === "record" &&
      record.origin !== undefined &&
      columns.isWide(columns.fieldColumn(record.origin, String(literal)))
    );
  }
  if (operation === "column") return type.kind === "number" && columns.isWide(columns.column(String(literal)));
  return operations.has(operation) || (operation === "function" && functions.has(literal));
}
