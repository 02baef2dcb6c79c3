/** What every operation of terms does. A piece of the language that is not here cannot be written down. */
import { listOperators } from "../lists/list-operators.ts";
import type { Operation } from "../program/term.ts";
import type { Operator } from "./emitter.ts";
import { parts } from "./parts.ts";
import { scalars } from "./scalars.ts";

export const operators: Readonly<Record<Operation, Operator>> = { ...parts, ...scalars, ...listOperators };
