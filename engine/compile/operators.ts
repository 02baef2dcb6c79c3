/** What every operation of terms does. A piece of the language that is not here cannot be written down. */
import { listOperators } from "../lists/list-operators.ts";
import type { Operation, PartOperation } from "../program/term.ts";
import type { RecordCode, TupleCode } from "./code.ts";
import type { Lowering, Operator, PartOperator } from "./emitter.ts";
import { scalars } from "./scalars.ts";

const part = (cost: number, lower: Lowering): PartOperator => ({ kind: "part", cost, lower });

/** What takes values apart and puts them together: no instructions of its own, only ways to get at what is there. */
const parts = {
  param: part(0, (_emitter, term, environment) => environment[Number(term.literal)].code()),
  lambda: part(0, (emitter, term, environment) => emitter.lower(term.args[0], environment)),
  member: part(0, (emitter, term, environment) => (emitter.lower(term.args[0], environment) as TupleCode).members[Number(term.literal)]),
  field: part(1, (emitter, term, environment) => (emitter.lower(term.args[0], environment) as RecordCode).get(String(term.literal))),
  record: part(0, (emitter, term, environment) => {
    const names = term.type.kind === "record" ? [...term.type.fields.keys()] : [];
    const isThere = term.args[names.length];
    return {
      kind: "record",
      get: (field) => emitter.lower(term.args[names.indexOf(field)], environment),
      ...(isThere && { present: emitter.scalar(isThere, environment).value }),
    };
  }),
} satisfies Readonly<Record<PartOperation, PartOperator>>;

export const operators: Readonly<Record<Operation, Operator>> = { ...parts, ...scalars, ...listOperators };
