/** A value that may be missing, such as an element that was searched for. If it is missing, so are all its parts. */
import type { Expression } from "../wasm/instructions.ts";
import { both, type Code } from "./code.ts";
import type { Emitter } from "./emitter.ts";

/** The value, made missing unless `present`, a local or constant, is 1. */
export function optionalCode(emitter: Emitter, code: Code, present: Expression): Code {
  switch (code.kind) {
    case "number":
    case "boolean":
    case "string":
      return {
        kind: code.kind,
        value: code.long ? code.value : emitter.keep(code.value),
        present: emitter.keep(both(present, code.present)!),
        ...(code.long && { long: code.long }),
      };
    case "record": {
      const isThere = emitter.keep(both(present, code.present)!);
      return { ...code, present: isThere, get: (field) => optionalCode(emitter, code.get(field), present) };
    }
    case "tuple": {
      const isThere = emitter.keep(both(present, code.present)!);
      return { kind: "tuple", present: isThere, members: code.members.map((member) => optionalCode(emitter, member, present)) };
    }
    case "list":
      return { ...code, present: emitter.keep(both(present, code.present)!) };
  }
}
