/** The interface of an operator of lists: its code, and its method in the language if it has one. Each module of this folder implements it. */
import type { MethodCall } from "../check/method-call.ts";
import type { ListMaker, ValueOperator } from "../compile/emitter.ts";
import type { Term } from "../program/term.ts";
import { type Type, withOptional } from "../program/types.ts";

/** Makes the term of `list.name(…)`, whose operation has the method's name. Throws `ExpressionError`. */
export type Method = (methodCall: MethodCall) => Term;

export type ListOperator = (ListMaker | ValueOperator) & { readonly method?: Method };

/** The type of one element of the list, made optional. */
export const elementTypeOf = ({ list }: MethodCall): Type => withOptional(list.type.element, true);
