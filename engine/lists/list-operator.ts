/** What a module of this folder gives: the code of an operator of lists, and its method in the language, where it has one. */
import type { Checker, ListTerm } from "../check/checker.ts";
import type { ListMaker, ValueOperator } from "../compile/emitter.ts";
import { ExpressionError, type Tree } from "../expression/tree.ts";
import type { Term } from "../program/term.ts";

export type MethodCall = Extract<Tree, { kind: "method-call" }>;

/** Makes the term of `list.name(…)`, whose operation has the method's name. Throws `ExpressionError`. */
export type Method = (list: ListTerm, call: MethodCall, checker: Checker) => Term;

export type ListOperator = (ListMaker | ValueOperator) & { readonly method?: Method };

export function oneArgument(call: MethodCall): Tree {
  if (call.args.length === 1) return call.args[0];
  throw new ExpressionError(`${call.name} takes one argument, not ${call.args.length}`, call.nameStart);
}

export function noArguments(call: MethodCall): void {
  if (call.args.length > 0) throw new ExpressionError(`${call.name} takes no arguments`, call.args[0].start);
}
