/** `list.pairs()`: every two elements, once: n (n − 1) / 2 of them. */
import { combinationsOf } from "./combinations.ts";
import type { ListOperator } from "./list-operator.ts";

export const pairs: ListOperator = combinationsOf("pairs", 2);
