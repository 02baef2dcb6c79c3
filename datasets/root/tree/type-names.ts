/** What C++ calls the type of an object, as far as its values are lists of one type. */
import type { StoredType } from "../baskets/branch.ts";
import { spelledAlike } from "../file/streamers.ts";
import { typeNamed } from "./value-types.ts";

export type NamedType =
  /** `lists` lists in one another of values of one type, or of objects of a class. */
  | { readonly kind: "values"; readonly lists: number; readonly type: StoredType }
  | { readonly kind: "objects"; readonly lists: number; readonly className: string }
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
    if (/(^|_|multi)map$/.test(outer)) return unsupported(`is a map (${text})`);
    if (outer === "pair" || outer === "tuple" || outer === "variant") return unsupported(`is a ${outer} (${text})`);
    if (!listNames.has(outer)) return { kind: "objects", lists, className: name };
    name = spelledAlike(firstArgument(inner));
  }
  return unsupported(`has more than ${mostLists} lists in one another`);
}

const unsupported = (what: string): NamedType => ({ kind: "unsupported", reason: `${what}, which is not supported` });

function firstArgument(inner: string): string {
  let depth = 0;
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === "<") depth++;
    else if (inner[at] === ">") depth--;
    else if (inner[at] === "," && depth === 0) return inner.slice(0, at);
  }
  return inner;
}
