/** What a module of this folder gives: the code of an operator of lists, and its method in the language, where it has one. */
import type { MethodCall } from "../check/method-call.ts";
import type { ListMaker, ValueOperator } from "../compile/emitter.ts";
import type { Term } from "../program/term.ts";
import { type Type, withOptional } from "../program/types.ts";

/** Makes the term of `list.name(…)`, whose operation has the method's name. Throws `ExpressionError`. */
export type Method = (methodCall: MethodCall) => Term;

export type ListOperator = (ListMaker | ValueOperator) & { readonly method?: Method };

/** The type of one element that may be missing. */
export const elementTypeOf = ({ list }: MethodCall): Type => withOptional(list.type.element, true);
