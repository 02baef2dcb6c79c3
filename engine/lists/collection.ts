/**
 * A list of the schema, whose name is the term's literal. Without arguments it is a list of the event, with one argument a list that this record has
 * as a field. Its elements are records, or values if its only column is a plain list. All lists of a partition lie in one flat content; offsets
 * tell where each begins and ends.
 */
import type { Element, Environment, RecordCode, ScalarCode } from "../compile/code.ts";
import type { Emitter, ListMaker } from "../compile/emitter.ts";
import { keyOf } from "../compile/key-of.ts";
import type { WithColumns } from "../compile/loops/program-columns.ts";
import type { Term } from "../program/term.ts";
import { type Expression, I, i32, L, select } from "../wasm/instructions.ts";

export interface Range {
  readonly from: Expression;
  readonly to: Expression;
}

export const collection: ListMaker = {
  kind: "list",
  cost: 1,
  isSearch: false,
  open: (emitter, term, environment) => ({
    places: 1,
    knowsPositions: true,
    takesScratch: false,
    iterate(body) {
      const range = rangeOf(emitter, term, environment);
      emitter.loop(range.from, range.to, (index) => body(elementAt(emitter, term, range, index), [index]));
    },
    at: ([index], isThere) => elementAt(emitter, term, rangeOf(emitter, term, environment), index, isThere),
    length: () => lengthOf(emitter, rangeOf(emitter, term, environment)),
    bound: () => lengthOf(emitter, rangeOf(emitter, term, environment)),
    numbered() {
      const range = rangeOf(emitter, term, environment);
      return { ...range, isContent: isReadWide(emitter, term), at: (index, isThere) => elementAt(emitter, term, range, index, isThere) };
    },
  }),
};

/** Whether two neighbouring elements can be read in one instruction. Always true for records: there, each field decides by itself. */
export const isReadWide = ({ columns }: WithColumns, { type, literal }: Term): boolean =>
  type.kind === "list" && (type.element.kind === "record" || columns.isWide(columns.fieldColumn(String(literal), undefined)));

const lengthOf = (emitter: Emitter, { from, to }: Range): Expression => emitter.keep(L.fromU32(I.sub(to, from)));

/** From here to the end of the loop or branch, the list is this part of its content. */
export const setRange = (emitter: Emitter, term: Term, range: Range): Range => emitter.once(rangeKey(term, []), () => range);

const rangeKey = (term: Term, environment: Environment) => `range ${keyOf(term, environment)}`;

function rangeOf(emitter: Emitter, term: Term, environment: Environment): Range {
  return emitter.once(rangeKey(term, environment), () => {
    const list = String(term.literal);
    if (term.args.length === 0) return emitter.columns.range(list, emitter.event);
    const outer = emitter.lower(term.args[0], environment) as RecordCode;
    const range = emitter.columns.range(list, outer.index!);
    if (!outer.present) return range;
    const orNone = (end: Expression) => emitter.keep(select(outer.present!, end, i32(0)));
    return { from: orNone(range.from), to: orNone(range.to) };
  });
}

/** The element at this index of the flat content. If `isThere` is 0, the element's own lists are empty. */
function elementAt(emitter: Emitter, term: Term, { from }: Range, index: Expression, isThere?: Expression): Element {
  const key = emitter.newKey();
  const { columns } = emitter;
  const isRecord = term.type.kind === "list" && term.type.element.kind === "record";
  const identity = () => ({ origin: i32(emitter.originOf(String(term.literal))), index });
  const read = (field: string | undefined): ScalarCode =>
    emitter.once(`${key}.${field}`, () => columns.read(columns.fieldColumn(String(term.literal), field), index));
  return {
    key,
    code: () => (isRecord ? { kind: "record", get: read, index, identity, ...(isThere && { present: isThere }) } : read(undefined)),
    identity,
    position: () => emitter.keep(L.fromU32(I.sub(index, from))),
    place: key,
  };
}
