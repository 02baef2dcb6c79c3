/** Parses the names of C++ types whose values are lists of one type. */
import type { StoredType } from "../baskets/branch.ts";
import { spelledAlike } from "../file/streamers.ts";
import { typeNamed } from "./value-types.ts";

export type NamedType =
  /** Values of one type, or objects of one class, inside `lists` nested lists. */
  | { readonly kind: "values"; readonly lists: number; readonly type: StoredType }
  | { readonly kind: "objects"; readonly lists: number; readonly className: string }
  /** A list of pairs of numbers: a map, or a list of `pair`. */
  | { readonly kind: "pairs"; readonly lists: 1; readonly types: readonly [StoredType, StoredType] }
  | { readonly kind: "unsupported"; readonly reason: string };

const listNames = new Set([
  "vector",
  "list",
  "deque",
  "set",
  "multiset",
  "unordered_set",
  "unordered_multiset",
  "ROOT::VecOps::RVec",
  "RVec",
]);
const mostLists = 10;

export function parseTypeName(text: string): NamedType {
  let name = spelledAlike(text);
  for (let lists = 0; lists <= mostLists; lists++) {
    if (name.endsWith("*")) return unsupported(`holds pointers (${text})`);
    const type = typeNamed.get(name);
    if (type) return { kind: "values", lists, type };
    const template = /^([\w:]+)<(.*)>$/.exec(name);
    if (!template) return { kind: "objects", lists, className: name };
    const [, outer, inner] = template;
    if (outer === "bitset") return { kind: "values", lists: lists + 1, type: "bool" };
    const isMap = /(^|_|multi)map$/.test(outer);
    const types = isMap ? lists === 0 && numbersIn(inner) : outer === "pair" && lists === 1 && numbersIn(inner);
    if (types) return { kind: "pairs", lists: 1, types };
    if (isMap) return unsupported(`is a map of other things than numbers (${text})`);
    if (outer === "pair" || outer === "tuple" || outer === "variant") return unsupported(`is a ${outer} (${text})`);
    if (!listNames.has(outer)) return { kind: "objects", lists, className: name };
    name = spelledAlike(argumentsIn(inner)[0]!);
  }
  return unsupported(`has more than ${mostLists} lists in one another`);
}

const unsupported = (what: string): NamedType => ({ kind: "unsupported", reason: `${what}, which is not supported` });

function argumentsIn(inner: string): readonly string[] {
  const found: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === "<") depth++;
    else if (inner[at] === ">") depth--;
    else if (inner[at] === "," && depth === 0) {
      found.push(inner.slice(start, at));
      start = at + 1;
    }
  }
  return [...found, inner.slice(start)];
}

/** The types of the first two arguments, if both are numbers. Further ones, such as a map's order, are not stored. */
function numbersIn(inner: string): readonly [StoredType, StoredType] | undefined {
  const [first, second] = argumentsIn(inner).map((name) => typeNamed.get(spelledAlike(name)));
  return first && second && first !== "string" && second !== "string" ? [first, second] : undefined;
}
