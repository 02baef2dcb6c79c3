/** The operators of the language with their precedence, which is JavaScript's. */
import type { Operation, Term } from "../program/term.ts";

/** A text and its precedence level, which tells where it needs brackets. */
export interface Piece {
  readonly text: string;
  readonly level: number;
}

export const levels = {
  choice: 0,
  coalesce: 1,
  or: 2,
  and: 3,
  bitOr: 4,
  bitXor: 5,
  bitAnd: 6,
  equality: 7,
  relation: 8,
  shift: 9,
  plus: 10,
  times: 11,
  power: 12,
  unary: 13,
  primary: 15,
} as const;

interface Infix {
  readonly text: string;
  readonly level: number;
  /** The least levels of its two sides that need no brackets. */
  readonly left: number;
  readonly right: number;
}

const leftFirst = (text: string, level: number): Infix => ({ text, level, left: level, right: level + 1 });

export const infix: Partial<Readonly<Record<Operation, Infix>>> = {
  add: leftFirst("+", levels.plus),
  subtract: leftFirst("-", levels.plus),
  multiply: leftFirst("*", levels.times),
  divide: leftFirst("/", levels.times),
  remainder: leftFirst("%", levels.times),
  power: { text: "**", level: levels.power, left: levels.primary, right: levels.power },
  "bit-and": leftFirst("&", levels.bitAnd),
  "bit-or": leftFirst("|", levels.bitOr),
  "bit-xor": leftFirst("^", levels.bitXor),
  "shift-left": leftFirst("<<", levels.shift),
  "shift-right": leftFirst(">>", levels.shift),
  "shift-right-unsigned": leftFirst(">>>", levels.shift),
  equal: leftFirst("==", levels.equality),
  "not-equal": leftFirst("!=", levels.equality),
  same: leftFirst("==", levels.equality),
  less: leftFirst("<", levels.relation),
  "less-equal": leftFirst("<=", levels.relation),
  greater: leftFirst(">", levels.relation),
  "greater-equal": leftFirst(">=", levels.relation),
  and: leftFirst("&&", levels.and),
  or: leftFirst("||", levels.or),
  coalesce: { text: "??", level: levels.coalesce, left: levels.bitOr, right: levels.bitOr },
};

/** Matches names that need no quotes. */
export const identifier =
  /^(?!(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|let|new|null|return|static|super|switch|this|throw|true|try|typeof|undefined|var|void|while|with|yield|await|implements|interface|package|private|protected|public|arguments|eval)$)[A-Za-z_$][\w$]*$/;

export function writeNumber(value: number, taken: ReadonlySet<string>): Piece {
  if (value === Math.PI && !taken.has("pi")) return { text: "pi", level: levels.primary };
  const size = Math.abs(value);
  const text = size === Number.POSITIVE_INFINITY ? "1e999" : String(size);
  const isNegative = value < 0 || Object.is(value, -0);
  return isNegative ? { text: `-${text}`, level: levels.unary } : { text, level: levels.primary };
}

export const word = (text: string): Piece => ({ text, level: levels.primary });

/** A list that is joined with another, as it was before its records were mapped to the common fields. */
export const joined = (list: Term): Term =>
  list.operation === "map" && list.type.kind === "list" && list.type.element.kind === "record" ? list.args[0] : list;

/** Rewrites `Jet.length` as `Jet?.length`, which is missing if the list is null. Undefined if the text does not begin with the list. */
export function chained({ text, level }: Piece, list: string): Piece | undefined {
  const rest = text.slice(list.length);
  return text.startsWith(list) && /^[.[]/.test(rest) ? { text: `${list}?.${rest.replace(/^\./, "")}`, level } : undefined;
}
