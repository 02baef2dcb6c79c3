/** Names for the parameters of functions that are written: short ones, as people choose them. */
import type { Term } from "../program/term.ts";
import type { Type } from "../program/types.ts";

/** What the parameter of each level is called: one name, or one for each member; then perhaps that of the place. */
export interface Parameter {
  readonly name?: string;
  readonly members?: readonly string[];
  readonly position: string;
}

export const letters = "abcdfghkmnpqrstuvwxyz".split("");

/** For a function over the elements of a list, inside others whose parameters are `outer`. `taken`: names that mean something else. */
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

/** Whether a parameter is used as it is, and not one of its members. */
function usesWhole({ operation, args }: Term, level: number, seen: Set<Term>): boolean {
  if (operation === "param") return true;
  if (operation === "member" && args[0].operation === "param") return false;
  return args.some((arg) => {
    if (((arg.free >>> level) & 1) === 0 || seen.has(arg)) return false;
    seen.add(arg);
    return usesWhole(arg, level, seen);
  });
}

/** A letter for a value of this type. */
export function initialOf(type: Type): string | undefined {
  const initial = type.kind === "record" ? type.name[0]?.toLowerCase() : "x";
  return initial && /^[a-z]$/.test(initial) ? initial : undefined;
}
