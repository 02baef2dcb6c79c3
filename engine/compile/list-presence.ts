/**
 * Tells whether a list is present, including the lists from which it is made. A list of the file may be null; its offsets do not show this, since a null
 * list has no elements, like an empty one. A list that is one of two is present if the chosen one is.
 */
import type { Term } from "../program/term.ts";
import { type Expression, I } from "../wasm/instructions.ts";
import { both, type Environment, type ListCode, type RecordCode, truth } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { keyOf } from "./key-of.ts";

/** Undefined if the list is always present. Found once per list, since walking shared lists again and again could take exponential time. */
export const isThere = (emitter: Emitter, list: Term, outer: Environment): Expression | undefined =>
  emitter.once(`there ${keyOf(list, outer)}`, () => ({ found: findPresence(emitter, list, outer) })).found;

function findPresence(emitter: Emitter, list: Term, outer: Environment): Expression | undefined {
  if (list.operation === "where" && list.literal !== undefined) return isThereOrNotTaken(emitter, list, outer);
  // The list for which a parameter stands. If it may be missing, `present` tells whether it is.
  const { term, environment, present } = emitter.lower(list, outer) as ListCode;
  if (term.operation === "collection") {
    const found = both(present, isInFile(emitter, term, environment));
    return found && emitter.keep(found);
  }
  const sources = term.args.filter(({ type, operation }) => type.kind === "list" && operation !== "lambda");
  const found = sources.reduce<Expression | undefined>((sum, each) => both(sum, isThere(emitter, each, environment)), present);
  return found && emitter.keep(found);
}

/** The presence of one of two lists; if the other one is chosen, this one counts as present and empty. */
function isThereOrNotTaken(emitter: Emitter, { args: [list, test] }: Term, environment: Environment): Expression | undefined {
  const own = isThere(emitter, list, environment);
  return own && emitter.keep(I.or(own, I.eqz(truth(emitter.scalar(test, environment)))));
}

function isInFile(emitter: Emitter, { args: [outer], literal }: Term, environment: Environment): Expression | undefined {
  const place = outer ? (emitter.lower(outer, environment) as RecordCode).index! : emitter.event;
  return emitter.columns.isThere(String(literal), place);
}
