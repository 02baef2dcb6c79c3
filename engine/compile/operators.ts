/** The table of operators: how each operation of terms is compiled. An operation that is not in the table does not type-check. */
import { listOperators } from "../lists/list-operators.ts";
import type { Operation, PartOperation, Term } from "../program/term.ts";
import type { TupleType } from "../program/types.ts";
import { I, i32, select } from "../wasm/instructions.ts";
import { type Environment, type Identity, type RecordCode, type TupleCode, truth } from "./code.ts";
import type { Emitter, Lowering, Operator, PartOperator } from "./emitter.ts";
import { optionalCode } from "./optional-code.ts";
import { scalars } from "./scalars.ts";

const part = (cost: number, lower: Lowering): PartOperator => ({ kind: "part", cost, lower });

/** Operators that take values apart and combine them, without instructions of their own. */
const parts = {
  param: part(0, (_emitter, term, environment) => environment[Number(term.literal)].code()),
  lambda: part(0, (emitter, term, environment) => emitter.lower(term.args[0], environment)),
  member: part(0, (emitter, term, environment) => (emitter.lower(term.args[0], environment) as TupleCode).members[Number(term.literal)]),
  tuple: part(0, (emitter, { type, args }, environment) => {
    const { length } = (type as TupleType).members;
    const isThere = args[length];
    return {
      kind: "tuple",
      members: args.slice(0, length).map((member) => emitter.lower(member, environment)),
      ...(isThere && { present: emitter.scalar(isThere, environment).value }),
    };
  }),
  field: part(1, (emitter, term, environment) => (emitter.lower(term.args[0], environment) as RecordCode).get(String(term.literal))),
  record: part(0, (emitter, term, environment) => {
    const names = term.type.kind === "record" ? [...term.type.fields.keys()] : [];
    const isThere = term.args[names.length];
    return {
      kind: "record",
      get: (field) => emitter.lower(term.args[names.indexOf(field)], environment),
      ...(isThere && { present: emitter.scalar(isThere, environment).value }),
      identity: () => identityOfLiteral(emitter, term, environment),
    };
  }),
  identified: part(0, (emitter, term, environment) => {
    const [record, ...sources] = term.args;
    const identity = (source: Term) => (emitter.lower(source, environment) as RecordCode).identity!();
    return {
      ...(emitter.lower(record, environment) as RecordCode),
      identity() {
        if (sources.length === 1) return identity(sources[0]);
        const test = emitter.keep(truth(emitter.scalar(sources[0], environment)));
        const [yes, no] = sources.slice(1).map(identity);
        return { origin: select(test, yes.origin, no.origin), index: select(test, yes.index, no.index) };
      },
    };
  }),
  which: part(0, (emitter, term, environment) => ({
    kind: "record",
    get: (field) => {
      throw new Error(`Cannot read ${field} of a record of which only is left which one it is`);
    },
    identity: () => identityOfLiteral(emitter, term, environment),
  })),
  where: part(1, (emitter, term, environment) => {
    const test = emitter.keep(truth(emitter.scalar(term.args[1], environment)));
    return optionalCode(emitter, emitter.lower(term.args[0], environment), test);
  }),
} satisfies Readonly<Record<PartOperation, PartOperator>>;

/** The identity of a record literal: records made from one list are told apart by its elements. There are far fewer origins than 2^12. */
function identityOfLiteral(emitter: Emitter, term: Term, environment: Environment): Identity {
  const origin = emitter.originOf(`literal ${term.id}`);
  if (term.free === 0) return { origin: i32(origin), index: i32(0) };
  const element = environment[31 - Math.clz32(term.free)].identity!();
  return { origin: I.add(element.origin, i32((origin + 1) << 12)), index: element.index };
}

export const operators: Readonly<Record<Operation, Operator>> = { ...parts, ...scalars, ...listOperators };
