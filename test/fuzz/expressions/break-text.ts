/** Breaks the text of an expression at random: most results are refused, some mean something else. */
import type { Seeded } from "../../support/seeded.ts";

const vocabulary = (
  "x y n u flag channel trigger tags kind 'mu' MET gen hits marks codes Muon Electron Jet Track pt eta phi mass energy charge good jetIdx btag px pz entry pi e " +
  "m q place d0_0 length filter map some every sum min max at pairs triples find concat sortBy cross abs sqrt pow hypot isNaN deltaR col " +
  "undefined null this new await yield async function class delete typeof in instanceof let __proto__ constructor prototype toString eval " +
  "+ - * / % ** < <= > >= == === != !== && || ?? ! ~ & | ^ << >> >>> ? : , . ; = => ?. ... ( ) [ ] { } ` \" ' \\ # @ " +
  "0 1 -1 2 0.5 1e308 1e-320 1e999 9007199254740993 10n 0x1f 0b11 017 1_000 .5 5. NaN Infinity /x/ 'pt' `x` /*c*/ //c <!-- \u2028 \u0000 \ud800 é 数"
).split(" ");
const tokens = /\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_$][\w$]*|=>|&&|\|\||\?\?|[<>=!]=|\*\*|\s+|[\s\S]/g;

const split = (text: string): string[] => text.match(tokens) ?? [];

type Break = (parts: readonly string[], at: number, random: Seeded, others: readonly string[]) => readonly string[];

const breaks: readonly Break[] = [
  (parts, at) => parts.toSpliced(at, 1),
  (parts, at, random) => parts.toSpliced(at, 1, random.pick(vocabulary)),
  (parts, at, random) => parts.toSpliced(at, 0, ` ${random.pick(vocabulary)} `),
  (parts, at) => parts.toSpliced(at, 0, parts[at]),
  (parts, at, random) => swap(parts, at, random.below(parts.length)),
  (parts, at, random) => parts.toSpliced(at, 1 + random.below(4)),
  (parts, at, random, others) => parts.toSpliced(at, 1, ...slice(split(random.pick(others)), random)),
  (parts, at, random) => parts.toSpliced(at, 1, sameKind(parts[at], random)),
  (parts, at, random) => parts.toSpliced(at, 1, sameKind(parts[at], random)),
  (parts, at, random) => parts.toSpliced(at, 1, sameKind(parts[at], random)),
];

/** `others`: expressions that pieces come from. */
export function breakText(text: string, random: Seeded, others: readonly string[]): string {
  let parts: readonly string[] = split(text);
  for (let left = 1 + random.below(3); left > 0 && parts.length > 0; left--)
    parts = random.pick(breaks)(parts, random.below(parts.length), random, others);
  return random.chance(0.02) ? nest(parts.join(""), random) : parts.join("");
}

/** Words in any order. */
export const babble = (random: Seeded): string =>
  Array.from({ length: 1 + random.below(12) }, () => random.pick(vocabulary)).join(random.chance(0.5) ? " " : "");

function swap(parts: readonly string[], one: number, other: number): readonly string[] {
  return parts.with(one, parts[other]).with(other, parts[one]);
}

function slice(parts: readonly string[], random: Seeded): readonly string[] {
  const from = random.below(parts.length);
  return parts.slice(from, from + 1 + random.below(8));
}

const kinds: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\d/, "0 1 2 -1 0.5 1e308 5e-324 9007199254740993 4294967296 2147483648 1e-9 3.7".split(" ")],
  [/^(?:map|filter|some|every|sum|min|max|at|pairs|triples)$/, "map filter some every sum min max at pairs triples length".split(" ")],
  [/^(?:[-+*/%]|\*\*)$/, "+ - * / % **".split(" ")],
  [/^(?:[<>=!]=|[<>])$/, "< <= > >= == !=".split(" ")],
  [/^(?:&&|\|\||\?\?)$/, "&& || ??".split(" ")],
  [/^(?:pt|eta|phi|mass|energy|charge|px|py|pz|p|rapidity|mt)$/, "pt eta phi mass energy charge px py pz p rapidity mt".split(" ")],
  [/^(?:Muon|Electron|Jet|Track|hits|codes)$/, "Muon Electron Jet Track hits codes MET gen".split(" ")],
  [/^(?:channel|trigger|kind)$/, "channel trigger kind 'mu' 'e' tags".split(" ")],
  [/^[A-Za-z_]/, vocabulary.slice(0, 40)],
];

function sameKind(part: string, random: Seeded): string {
  return random.pick(kinds.find(([pattern]) => pattern.test(part))?.[1] ?? vocabulary);
}

/** Deep, or long. */
function nest(text: string, random: Seeded): string {
  const times = random.pick([10, 150, 250, 600, 1500, 30_000]);
  const [before, after] = random.pick([
    ["(", ")"],
    ["-", ""],
    ["!", ""],
    ["abs(", ")"],
    ["Muon.map(m => ", ")"],
    ["[", "]"],
    ["x + ", ""],
    ["flag ? x : ", ""],
    ["x ** ", ""],
    ["flag && ", ""],
    ["", " ?? 1"],
    ["", ".pt"],
    ["", "[0]"],
    ["", ".pairs()"],
  ]);
  return before.repeat(times) + text + after.repeat(times);
}
