/** Chooses short names, as people would, for the parameters of functions in written text. */
import type { Term } from "../program/term.ts";
import type { Type } from "../program/types.ts";

/** The names of a function's parameters: one name for the element, or one for each member of a tuple, and one for the position. */
export interface Parameter {
  readonly name?: string;
  readonly members?: readonly string[];
  readonly position: string;
}

export const letters = "abcdfghkmnpqrstuvwxyz".split("");

/** Names for a function over a list's elements, inside functions with the parameters `outer`. Names in `taken` have other meanings and are avoided. */
export function nameParameter(
  lambda: Term,
  { type: listType }: Term,
  { outer, taken }: { readonly outer: Iterable<Parameter>; readonly taken: ReadonlySet<string> },
): Parameter {
  const [body] = lambda.args;
  const level = Number(lambda.literal);
  const type = listType.kind === "list" ? listType.element : listType;
  const used = new Set([...outer].flatMap(({ name, members = [], position }) => [name, ...members, position]));
  const isFree = (name: string) => !used.has(name) && !taken.has(name);
  const next = (wanted?: string): string => {
    const name = [wanted, ...letters, ...letters.map((letter) => `${letter}1`), ...letters.map((letter) => `${letter}2`)].find(
      (each) => each !== undefined && isFree(each),
    )!;
    used.add(name);
    return name;
  };
  const tuple = type.kind === "tuple" ? type : undefined;
  const position = next("i");
  if (!tuple) return { name: next(initialOf(type)), position };
  const isWhole = usesWhole(body, level, new Set());
  if (isWhole || (tuple.members.length === 1 && ((body.positions >>> level) & 1) === 0)) return { name: next("t"), position };
  return { members: tuple.members.map(() => next()), position };
}

/** Whether the parameter of this level is used as a whole, not only by its members. */
function usesWhole({ operation, args }: Term, level: number, seen: Set<Term>): boolean {
  if (operation === "param") return true;
  if (operation === "member" && args[0].operation === "param") return false;
  return args.some((arg) => {
    if (((arg.free >>> level) & 1) === 0 || seen.has(arg)) return false;
    seen.add(arg);
    return usesWhole(arg, level, seen);
  });
}

/** A letter that suits a value of this type. */
export function initialOf(type: Type): string | undefined {
  const initial = type.kind === "record" ? type.name[0]?.toLowerCase() : "x";
  return initial && /^[a-z]$/.test(initial) ? initial : undefined;
}
