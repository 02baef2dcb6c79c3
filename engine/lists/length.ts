/** `list.length`: needs a loop only if the list is filtered. */
import { openList } from "../compile/open-list.ts";
import { F } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const length: ListOperator = {
  kind: "value",
  cost: 2,
  lower: (emitter, term, environment) => ({
    kind: "number",
    value: emitter.keep(F.fromI64(openList(emitter, term.args[0], environment).length())),
  }),
};
