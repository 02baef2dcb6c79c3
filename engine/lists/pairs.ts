/** `list.pairs()`: every two elements, once: n (n − 1) / 2 of them. */
import { combinationsOf } from "./combinations.ts";

declare module "../program/term.ts" {
  interface ListOperations {
    readonly pairs: true;
  }
}

export const pairs = combinationsOf("pairs", 2);
