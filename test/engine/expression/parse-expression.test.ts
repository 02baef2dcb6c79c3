import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExpression } from "../../../engine/expression/parse-expression.ts";
import { ExpressionError, placeOf, type Tree } from "../../../engine/expression/tree.ts";

/** Returns what is wrong with a text, and where: `line:column message`. */
function refusal(text: string): string {
  try {
    parseExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { line, column } = placeOf(text, error.offset);
    return `${line}:${column} ${error.message}`;
  }
  return "accepted";
}

const outside: readonly (readonly [text: string, refused: RegExp])[] = [
  ["a = 1", /^1:2 '=' assigns, .* to compare write ==/],
  ["x ??= 1", /^1:2 '\?\?=' assigns/],
  ["a++", /^1:1 \+\+ and -- are not/],
  ["1 + --a", /^1:5 \+\+ and -- are not/],
  ["a, b", /^1:1 several values with commas/],
  ["a; b", /^1:4 did not expect more after the end/],
  ["let a = 1", /^1:1 statements .* write one expression/],
  ["if (a) b", /^1:1 statements/],
  ["function f() {}", /^1:1 statements/],
  ["import a from 'b'", /^1:1 statements/],
  ["{ a: 1 }", /^1:1 statements/],
  ["x => { return x }", /^1:6 a function is one expression/],
  ["async x => x", /^1:1 a function must be plain/],
  ["m.map((a, a) => a)", /^1:11 cannot read this/],
  ["m.map(({ pt }) => pt)", /^1:8 parameters are plain names/],
  ["m.map((a = 1) => a)", /^1:8 parameters are plain names/],
  ["m.map((...a) => a)", /^1:8 parameters are plain names/],
  ["new Date()", /^1:1 'new' is not part/],
  ["this", /^1:1 'this' is not part/],
  ["null", /^1:1 there is no null/],
  ["1n", /^1:1 '1n' is not a value/],
  ["/re/", /^1:1 regular expressions/],
  ["`a`", /^1:1 texts in backquotes/],
  ["a`b`", /^1:1 tagged template/],
  ["[1, 2]", /^1:1 lists are not written down/],
  ["f(...a)", /^1:3 '...' stands in records/],
  ["a in b", /^1:\d the operator in is not/],
  ["a instanceof b", /^1:\d the operator instanceof is not/],
  ["typeof a", /^1:1 the operator typeof is not/],
  ["void a", /^1:1 the operator void is not/],
  ["delete a.b", /^1:1 the operator delete is not/],
  ["await a", /^1:1 'await' is not part/],
  ["import('x')", /^1:1 import expressions/],
  ["import.meta", /^1:1 meta property expressions/],
  ["(() => 1)()", /^1:2 only functions and methods of the language can be called/],
  ["a.map(x => x)(1)", /^1:1 only functions and methods/],
  ["a['b']()", /^1:1 only functions and methods/],
  ["010", /^1:1 cannot read this: invalid number/],
  ["-2 ** 2", /^1:4 for a power of a number with a sign/],
  ["a || b ?? c", /^1:8 /],
  ["1 +", /^1:4 the expression ends too early/],
  ["(1", /^1:3 the expression ends too early/],
  ["a\n  + b)\n", /^2:6 did not expect '\)' here/],
  ["pi#\u2028x", /^1:4 cannot read this: unexpected character/],
  ["a \\\nb", /^1:4 cannot read this: expecting unicode escape/],
  ["a\n\n  @", /^3:3 cannot read this: unexpected character '@'/],
  ["'open", /^1:1 cannot read this: unterminated string/],
  ["", /^1:1 there is no expression here/],
  [" // only this", /there is no expression here/],
];

for (const [text, refused] of outside) {
  test(`parseExpression refuses ${JSON.stringify(text)}, which is outside the language`, () => {
    assert.match(refusal(text), refused);
  });
}

const shape = (tree: Tree): unknown => {
  switch (tree.kind) {
    case "number":
    case "boolean":
      return tree.value;
    case "name":
      return tree.name;
    case "arithmetic":
    case "comparison":
      return [tree.operator, shape(tree.left), shape(tree.right)];
    case "and":
    case "or":
    case "coalesce":
      return [tree.kind, shape(tree.left), shape(tree.right)];
    case "negate":
    case "not":
    case "complement":
    case "plus":
      return [tree.kind, shape(tree.operand)];
    case "conditional":
      return ["?", shape(tree.test), shape(tree.yes), shape(tree.no)];
    case "member":
      return [".", shape(tree.object), tree.name];
    case "index":
      return ["[]", shape(tree.object), shape(tree.index)];
    case "method-call":
      return ["call", shape(tree.object), tree.name, ...tree.args.map(shape)];
    case "function-call":
      return [tree.name, ...tree.args.map(shape)];
    case "lambda":
      return [tree.params, shape(tree.body)];
    case "record":
      return Object.fromEntries(tree.parts.map(({ name, value }) => [name ?? "...", shape(value)]));
    case "string":
      return JSON.stringify(tree.value);
  }
};

test("parseExpression follows JavaScript's precedence and associativity", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["a - b - c", ["-", ["-", "a", "b"], "c"]],
    ["a ** b ** c", ["**", "a", ["**", "b", "c"]]],
    ["a + b * -c", ["+", "a", ["*", "b", ["negate", "c"]]]],
    ["a || b && !c", ["or", "a", ["and", "b", ["not", "c"]]]],
    ["a ? b : c ? d : e", ["?", "a", "b", ["?", "c", "d", "e"]]],
    ["a | b & ~c << 2", ["|", "a", ["&", "b", ["<<", ["complement", "c"], 2]]]],
    ["a?.b?.[0]", ["[]", [".", "a", "b"], 0]],
    ["a.map(m => ({ ...m, pt: 2, 'b': m.b }))", ["call", "a", "map", [["m"], { "...": "m", pt: 2, b: [".", "m", "b"] }]]],
    ["a < b == c > d", ["==", ["<", "a", "b"], [">", "c", "d"]]],
    [
      "m.filter((a, i) => a.pt > i)[0].pt ?? 1",
      [
        "coalesce",
        [
          ".",
          [
            "[]",
            [
              "call",
              "m",
              "filter",
              [
                ["a", "i"],
                [">", [".", "a", "pt"], "i"],
              ],
            ],
            0,
          ],
          "pt",
        ],
        1,
      ],
    ],
    ["a === b !== c", ["!=", ["==", "a", "b"], "c"]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(shape(parseExpression(text)), expected, text);
});

test("parseExpression reads numbers as JavaScript does", () => {
  for (const text of ["0x1F", "1_000", ".5", "1e-400", "1e400", "5e-324", "0.1", "9007199254740992"]) {
    assert.deepEqual(shape(parseExpression(text)), Number(text.replace("_", "")), text);
  }
});

test("parseExpression takes names of objects' inner workings as names, to be looked up like any other", () => {
  assert.deepEqual(shape(parseExpression("constructor + a.__proto__")), ["+", "constructor", [".", "a", "__proto__"]]);
});

test("parseExpression refuses nesting that is too deep to walk, whatever nests", () => {
  const deep: Readonly<Record<string, string>> = {
    brackets: `${"(".repeat(9_000)}x${")".repeat(9_000)}`,
    indexes: `${"x[".repeat(4_000)}0${"]".repeat(4_000)}`,
    unary: `${"- ".repeat(9_000)}x`,
    not: `${"!".repeat(19_000)}x`,
    ternary: `${"a?b:".repeat(4_000)}c`,
    power: `${"x**".repeat(6_000)}x`,
    sum: `x${"+x".repeat(9_000)}`,
    members: `x${".y".repeat(9_000)}`,
    calls: `x${".f(y)".repeat(3_000)}`,
    arrows: `${"x=>".repeat(6_000)}x`,
  };
  for (const [what, text] of Object.entries(deep)) assert.match(refusal(text), /the expression is nested too deeply/, what);
});

test("parseExpression takes what people write: 150 brackets, 400 terms", () => {
  assert.equal(refusal(`${"(".repeat(150)}x${")".repeat(150)}`), "accepted");
  assert.equal(refusal(`x${"+x".repeat(400)}`), "accepted");
});

test("placeOf counts lines and columns from 1", () => {
  assert.deepEqual(placeOf("ab\ncd", 0), { line: 1, column: 1 });
  assert.deepEqual(placeOf("ab\ncd", 4), { line: 2, column: 2 });
});

test("parseExpression keeps whole numbers that float64 would round as they are written", () => {
  const integerOf = (text: string) => (parseExpression(text) as { readonly integer?: bigint }).integer;
  for (const text of ["9007199254740993", "9_007_199_254_740_993", "0x20000000000001"])
    assert.equal(integerOf(text), 9007199254740993n, text);
  assert.equal(integerOf("18446744073709551615"), 2n ** 64n - 1n);
  for (const text of ["9007199254740991", "9007199254740992", "1e16", "10000000000000000", "1e400", "0.1"])
    assert.equal(integerOf(text), undefined, text);
});
