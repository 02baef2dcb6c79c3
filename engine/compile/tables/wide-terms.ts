/** Finds the terms that can be computed for two neighbours at once, in two lanes: arithmetic on values of plain columns. */
import type { Operation, Term } from "../../program/term.ts";
import { isOptional } from "../../program/types.ts";
import type { WithColumns } from "../loops/program-columns.ts";

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

/** Whether a term over events, or over elements of lists, can be computed in two lanes. `over`: the list of its elements, if it may be mapped. */
export function isWide(source: WithColumns, term: Term, over?: Term): boolean {
  const known = new Map<Term, boolean>();
  const check = (each: Term): boolean => {
    const before = known.get(each);
    if (before !== undefined) return before;
    const result = !each.hasLists && !isOptional(each.type) && isWideHere(source, each, over) && each.args.every(check);
    known.set(each, result);
    return result;
  };
  return check(term);
}

function isWideHere(source: WithColumns, { operation, literal, args, type }: Term, over: Term | undefined): boolean {
  const { columns } = source;
  if (operation === "field") {
    const record = args[0].type;
    if (type.kind !== "number" || record.kind !== "record") return false;
    if (record.origin !== undefined) return columns.isWide(columns.fieldColumn(record.origin, String(literal)));
    return over !== undefined && isFieldWide(source, over, String(literal));
  }
  if (operation === "column") return type.kind === "number" && columns.isWide(columns.column(String(literal)));
  return operations.has(operation) || (operation === "function" && functions.has(literal));
}

/** Whether this field of the list's elements can be computed in two lanes. */
function isFieldWide(source: WithColumns, list: Term, name: string): boolean {
  if (list.operation === "collection") return source.columns.isWide(source.columns.fieldColumn(String(list.literal), name));
  if (list.operation !== "map") return false;
  const [from, lambda] = list.args;
  const body = lambda.args[0].operation === "identified" ? lambda.args[0].args[0] : lambda.args[0];
  if (body.operation === "param") return isFieldWide(source, from, name);
  if (body.operation !== "record" || body.type.kind !== "record") return false;
  return isWide(source, body.args[[...body.type.fields.keys()].indexOf(name)], from);
}
