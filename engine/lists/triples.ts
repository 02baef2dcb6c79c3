/** `list.triples()`: every three elements, once: n (n − 1) (n − 2) / 6 of them. */
import { combinationsOf } from "./combinations.ts";
import type { ListOperator } from "./list-operator.ts";

export const triples: ListOperator = combinationsOf("triples", 3);
