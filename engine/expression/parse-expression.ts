/**
 * Text → tree. acorn parses JavaScript; syntax of the closed subset becomes our tree, all other syntax is refused with a reason.
 * The client's text is never used as code: names of the tree are only looked up in tables.
 */
import { type AnyNode, type Program, parse } from "acorn";
import { explainNode, explainSyntax } from "./explain-syntax.ts";
import { arithmeticOperators, type ComparisonOperator, comparisonOperators, ExpressionError, type RecordPart, type Tree } from "./tree.ts";

const mostBrackets = 200;
const deepest = 500;

export function parseExpression(text: string): Tree {
  refuseDeepNesting(text);
  let program: Program;
  try {
    program = parse(text, { ecmaVersion: 2023, sourceType: "module" });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const offset = Math.min((error as SyntaxError & { pos?: number }).pos ?? 0, text.length);
    throw new ExpressionError(explainSyntax(text, offset, error.message.replace(/ \(\d+:\d+\)$/, "")), offset);
  }
  const [first, second] = program.body;
  if (!first) throw new ExpressionError("there is no expression here", 0);
  if (first.type !== "ExpressionStatement")
    throw new ExpressionError("statements are not part of the language: write one expression", first.start);
  if (second) throw new ExpressionError("did not expect more after the end of the expression", second.start);
  return convert(first.expression, 0);
}

/** Bounds the depth of acorn's recursion, so that no text overflows its stack. */
function refuseDeepNesting(text: string): void {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "(" || character === "[" || character === "{") depth++;
    else if (character === ")" || character === "]" || character === "}") depth--;
    if (depth > mostBrackets)
      throw new ExpressionError(`the expression is nested too deeply: at most ${mostBrackets} brackets inside one another`, index);
  }
}

type Nodes = { [Type in AnyNode["type"]]: Extract<AnyNode, { type: Type }> };
type Converter<Type extends keyof Nodes> = (node: Nodes[Type], inner: (node: AnyNode) => Tree, at: Place) => Tree;
interface Place {
  readonly start: number;
  readonly end: number;
}

const comparisons: ReadonlyMap<string, ComparisonOperator> = new Map([
  ...comparisonOperators.map((operator) => [operator, operator] as const),
  ["===", "=="],
  ["!==", "!="],
]);

const unaryOperators: ReadonlyMap<string, "negate" | "plus" | "not" | "complement"> = new Map([
  ["-", "negate"],
  ["+", "plus"],
  ["!", "not"],
  ["~", "complement"],
] as const);

/** The whole number as it was written, if it is beyond 2^53 and not a float64. */
function roundedInteger(value: number, written: string): bigint | undefined {
  const digits = written.replaceAll("_", "");
  if (!Number.isFinite(value) || Number.isSafeInteger(value) || !/^(?:[1-9]\d*|0[xbo][\da-f]+)$/i.test(digits)) return undefined;
  const integer = BigInt(digits);
  return integer === BigInt(value) ? undefined : integer;
}

const noNull = "there is no null: what is missing has a default by ??, such as (x ?? -1), and is in no histogram";

const chainedBy = ({ optional }: Nodes["MemberExpression"]): { readonly isChained?: true } => (optional ? { isChained: true } : {});

const converters: { readonly [Type in keyof Nodes]?: Converter<Type> } = {
  Literal(node, _inner, at) {
    if (typeof node.value === "number") {
      const integer = roundedInteger(node.value, node.raw ?? "");
      return { kind: "number", value: node.value, ...(integer !== undefined && { integer }), ...at };
    }
    if (typeof node.value === "boolean") return { kind: "boolean", value: node.value, ...at };
    if (typeof node.value === "string") return { kind: "string", value: node.value, ...at };
    if (node.value === null && node.raw === "null") throw new ExpressionError(noNull, at.start);
    if (node.regex)
      throw new ExpressionError(
        "regular expressions are not part of the language: strings are compared by == and !=, such as x == 'a' || x == 'b'",
        at.start,
      );
    if (typeof node.value === "bigint")
      throw new ExpressionError(`'${node.raw}' is not a value of the language: write ${node.value}`, at.start);
    throw new ExpressionError(
      `'${node.raw ?? "this"}' is not a value of the language: there are numbers, true and false, and strings`,
      at.start,
    );
  },
  Identifier(node, _inner, at) {
    if (node.name === "undefined") throw new ExpressionError(noNull, at.start);
    return { kind: "name", name: node.name, ...at };
  },
  ParenthesizedExpression: (node, inner) => inner(node.expression),
  ChainExpression: (node, inner) => inner(node.expression),
  MemberExpression(node, inner, at) {
    const chained = chainedBy(node);
    if (node.computed) return { kind: "index", object: inner(node.object), index: inner(node.property), ...chained, ...at };
    if (node.property.type !== "Identifier") throw new ExpressionError("private names are not part of the language", node.property.start);
    return { kind: "member", object: inner(node.object), name: node.property.name, nameStart: node.property.start, ...chained, ...at };
  },
  CallExpression(node, inner, at) {
    const callee = node.callee;
    const args = node.arguments.map((argument) => inner(argument));
    if (callee.type === "Identifier") return { kind: "function-call", name: callee.name, args, ...at };
    if (callee.type === "MemberExpression" && !callee.computed && callee.property.type === "Identifier") {
      return {
        kind: "method-call",
        object: inner(callee.object),
        name: callee.property.name,
        nameStart: callee.property.start,
        args,
        ...chainedBy(callee),
        ...at,
      };
    }
    throw new ExpressionError("only functions and methods of the language can be called, by their names", callee.start);
  },
  ArrowFunctionExpression(node, inner, at) {
    if (node.async) throw new ExpressionError("a function must be plain: x => …", at.start);
    if (node.body.type === "BlockStatement")
      throw new ExpressionError("a function is one expression: write x => …, without braces and return", node.body.start);
    const params = node.params.map((param) => {
      if (param.type !== "Identifier") throw new ExpressionError("parameters are plain names: (a, b) => …", param.start);
      return param.name;
    });
    const twice = params.find((name, index) => params.indexOf(name) !== index);
    if (twice !== undefined) throw new ExpressionError(`the parameter '${twice}' is there twice`, at.start);
    return { kind: "lambda", params, body: inner(node.body), ...at };
  },
  UnaryExpression(node, inner, at) {
    const kind = unaryOperators.get(node.operator);
    if (!kind) throw new ExpressionError(`the operator ${node.operator} is not part of the language`, at.start);
    return { kind, operand: inner(node.argument), ...at };
  },
  BinaryExpression(node, inner, at) {
    const arithmetic = arithmeticOperators.find((operator) => operator === node.operator);
    const comparison = comparisons.get(node.operator);
    if ((!arithmetic && !comparison) || node.left.type === "PrivateIdentifier")
      throw new ExpressionError(`the operator ${node.operator} is not part of the language`, node.left.end);
    const operands = { left: inner(node.left), right: inner(node.right), ...at };
    return arithmetic
      ? { kind: "arithmetic", operator: arithmetic, ...operands }
      : { kind: "comparison", operator: comparison!, ...operands };
  },
  LogicalExpression(node, inner, at) {
    const kind = node.operator === "&&" ? "and" : node.operator === "||" ? "or" : "coalesce";
    return { kind, left: inner(node.left), right: inner(node.right), ...at };
  },
  ConditionalExpression: (node, inner, at) => ({
    kind: "conditional",
    test: inner(node.test),
    yes: inner(node.consequent),
    no: inner(node.alternate),
    ...at,
  }),
  AssignmentExpression(node) {
    throw new ExpressionError(
      `'${node.operator}' assigns, which is not part of the language: to compare write ==, to name a value use define`,
      node.left.end,
    );
  },
  ObjectExpression: (node, inner, at) => ({
    kind: "record",
    parts: node.properties.map((part): RecordPart => {
      if (part.type === "SpreadElement") return { nameStart: part.start, value: inner(part.argument) };
      const { key, value } = part;
      const name = key.type === "Identifier" ? key.name : key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
      if (name === undefined || part.computed || part.method || part.kind !== "init")
        throw new ExpressionError("the parts of a record are name: value, or ...record", part.start);
      return { name, nameStart: key.start, value: inner(value) };
    }),
    ...at,
  }),
};

function convert(node: AnyNode, depth: number): Tree {
  if (depth > deepest)
    throw new ExpressionError(`the expression is nested too deeply: at most ${deepest} levels; a define gives a part a name`, node.start);
  const converter = Object.hasOwn(converters, node.type) ? (converters[node.type] as Converter<typeof node.type> | undefined) : undefined;
  if (!converter) throw new ExpressionError(explainNode(node.type), node.start);
  return converter(node as never, (child) => convert(child, depth + 1), { start: node.start, end: node.end });
}
