/** `list.triples()`: every three elements, once: n (n − 1) (n − 2) / 6 of them. */
import { combinationsOf } from "./combinations.ts";

declare module "../program/term.ts" {
  interface ListOperations {
    readonly triples: true;
  }
}

export const triples = combinationsOf("triples", 3);
