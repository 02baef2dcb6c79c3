/** Every operator of lists, by the name of its operation, which is that of its method: the compiler and the checker walk this table. */
import { collection } from "./collection.ts";
import { at, index } from "./element.ts";
import { filter } from "./filter.ts";
import { length } from "./length.ts";
import type { ListOperator, Method } from "./list-operator.ts";
import { map } from "./map.ts";
import { pairs } from "./pairs.ts";
import { every, some } from "./some-every.ts";
import { max, min, sum } from "./sum-min-max.ts";
import { triples } from "./triples.ts";

export const listOperators = {
  collection,
  filter,
  some,
  every,
  map,
  sum,
  min,
  max,
  at,
  index,
  length,
  pairs,
  triples,
};

declare module "../program/term.ts" {
  interface ListOperations extends Readonly<typeof listOperators> {}
}

/** The methods that lists have in the language. */
export const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries<ListOperator>(listOperators).flatMap(([name, { method }]) => (method ? [[name, method]] : [])),
);
