/** Pieces of generated expressions: the text in the language and, if it differs, the JavaScript with the same meaning. */
export interface Piece {
  readonly text: string;
  readonly js: string;
  /** How tightly its outermost operator binds. */
  readonly level: number;
}

/** JavaScript's precedences, loosest first. `??` cannot stand beside `&&` and `||` without brackets, so it counts as looser. */
export const levels = {
  lambda: 0,
  conditional: 1,
  coalesce: 2,
  or: 3,
  and: 4,
  bitOr: 5,
  bitXor: 6,
  bitAnd: 7,
  equality: 8,
  relation: 9,
  shift: 10,
  sum: 11,
  product: 12,
  power: 13,
  unary: 14,
  operand: 15,
  call: 18,
} as const;

/** A string is written unchanged. A piece gets brackets if it binds more loosely than the given level. */
type Part = string | readonly [piece: Piece, atLeast: number];

export function piece(level: number, ...parts: readonly Part[]): Piece {
  const write = (own: "text" | "js") =>
    parts.map((part) => (typeof part === "string" ? part : part[0].level < part[1] ? `(${part[0][own]})` : part[0][own])).join("");
  return { text: write("text"), js: write("js"), level };
}

export const leaf = (text: string): Piece => ({ text, js: text, level: text.startsWith("-") ? levels.unary : levels.call });

export const bracketed = ({ text, js }: Piece): Piece => ({ text: `(${text})`, js: `(${js})`, level: levels.call });

export function call(name: string, ...args: readonly Piece[]): Piece {
  return piece(levels.call, `${name}(`, ...args.flatMap((arg, index): Part[] => [index > 0 ? ", " : "", [arg, levels.lambda]]), ")");
}

export function method(object: Piece, name: string, ...args: readonly Piece[]): Piece {
  const { text, js } = call(name, ...args);
  const owner = piece(levels.call, [object, levels.call]);
  return { text: `${owner.text}.${text}`, js: `${owner.js}.${js}`, level: levels.call };
}

/** The same with `?.` before the name that comes after the object. */
export const chained = (object: Piece, made: Piece): Piece => {
  const owner = piece(levels.call, [object, levels.call]);
  const after = (whole: string, own: string) => `${own}?${whole.slice(own.length)}`;
  return { text: after(made.text, owner.text), js: after(made.js, owner.js), level: levels.call };
};

export const member = (object: Piece, name: string): Piece => piece(levels.call, [object, levels.call], `.${name}`);
export function lambda(params: readonly string[], body: Piece): Piece {
  const { text } = piece(levels.lambda, params.length === 1 ? params[0] : `(${params.join(", ")})`, " => ", [body, levels.lambda]);
  return { text, js: `(${params.join(", ")}) => (spend(), ${body.js})`, level: levels.lambda };
}

export function negative(operand: Piece): Piece {
  const isSigned = operand.text.startsWith("-");
  return piece(levels.unary, "-", [operand, isSigned ? levels.call : levels.unary]);
}

const binaryLevels: Readonly<Record<string, number>> = {
  "||": levels.or,
  "&&": levels.and,
  "==": levels.equality,
  "!=": levels.equality,
  "<": levels.relation,
  "<=": levels.relation,
  ">": levels.relation,
  ">=": levels.relation,
  "|": levels.bitOr,
  "^": levels.bitXor,
  "&": levels.bitAnd,
  "<<": levels.shift,
  ">>": levels.shift,
  ">>>": levels.shift,
  "+": levels.sum,
  "-": levels.sum,
  "*": levels.product,
  "/": levels.product,
  "%": levels.product,
};

export function binary(left: Piece, operator: string, right: Piece): Piece {
  const level = binaryLevels[operator];
  return piece(level, [left, level], ` ${operator} `, [right, level + 1]);
}

/** `**` goes to the same function in both. */
export function power(base: Piece, exponent: Piece, isLiteral: boolean): Piece {
  const { text } = piece(levels.power, [base, levels.operand], " ** ", [exponent, levels.power]);
  return { text, js: `${isLiteral ? "literalPower" : "pow"}(${base.js}, ${exponent.js})`, level: levels.power };
}

export function vectorSum(a: Piece, b: Piece): Piece {
  return { text: binary(a, "+", b).text, js: `plus(${a.js}, ${b.js})`, level: levels.sum };
}

export const conditional = (test: Piece, yes: Piece, no: Piece): Piece =>
  piece(levels.conditional, [test, levels.or], " ? ", [yes, levels.lambda], " : ", [no, levels.lambda]);
export const coalesce = (left: Piece, right: Piece): Piece =>
  piece(levels.coalesce, [left, levels.equality], " ?? ", [right, levels.equality]);
