/**
 * Whether a list is there: itself, and what it is made of. A list of the file may be null, which its offsets do not tell: a null list has no elements, as an
 * empty one. A list that is one of two is there where the one that was chosen is.
 */
import type { Term } from "../program/term.ts";
import { type Expression, I } from "../wasm/instructions.ts";
import { both, type Environment, type ListCode, type RecordCode, truth } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { keyOf } from "./key-of.ts";

/** Undefined where it always is. Found once for each list: the lists that a list is made of may be many more than its terms. */
export const isThere = (emitter: Emitter, list: Term, outer: Environment): Expression | undefined =>
  emitter.once(`there ${keyOf(list, outer)}`, () => ({ found: findPresence(emitter, list, outer) })).found;

function findPresence(emitter: Emitter, list: Term, outer: Environment): Expression | undefined {
  if (list.operation === "where" && list.literal !== undefined) return isThereOrNotTaken(emitter, list, outer);
  // What a parameter stands for; where the list may be missing, `present` tells it.
  const { term, environment, present } = emitter.lower(list, outer) as ListCode;
  if (term.operation === "collection") {
    const found = both(present, isInFile(emitter, term, environment));
    return found && emitter.keep(found);
  }
  const sources = term.args.filter(({ type, operation }) => type.kind === "list" && operation !== "lambda");
  const found = sources.reduce<Expression | undefined>((sum, each) => both(sum, isThere(emitter, each, environment)), present);
  return found && emitter.keep(found);
}

/** Of two lists the one that is not taken is empty, whatever it is. */
function isThereOrNotTaken(emitter: Emitter, { args: [list, test] }: Term, environment: Environment): Expression | undefined {
  const own = isThere(emitter, list, environment);
  return own && emitter.keep(I.or(own, I.eqz(truth(emitter.scalar(test, environment)))));
}

function isInFile(emitter: Emitter, { args: [outer], literal }: Term, environment: Environment): Expression | undefined {
  const place = outer ? (emitter.lower(outer, environment) as RecordCode).index! : emitter.event;
  return emitter.columns.isThere(String(literal), place);
}
