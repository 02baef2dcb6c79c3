/**
 * The rules of the language as an independent, plain interpreter: one event at a time, over objects, with undefined for missing values. Null lists are marked
 * empty lists (`nullList`); a list made from a null one is null. It shares only acorn and the bits of the kernels with the engine.
 */
import { type AnyNode, type ArrowFunctionExpression, parseExpressionAt } from "acorn";
import { literalPower, numberFunctions, orderBy, pow } from "./reference-functions.ts";
import { addRecords, differences, makeRecord, type ReferenceRecord, totalOf } from "./reference-records.ts";
import { spend } from "./step-budget.ts";

/** A tuple is a frozen array; a list is an array that is not. */
export type Value = number | bigint | boolean | string | undefined | ReferenceRecord | readonly Value[];
export type Names = ReadonlyMap<string, Value>;

export function interpretExpression(text: string): (names: Names) => Value {
  const tree = parseExpressionAt(text, 0, { ecmaVersion: 2023 });
  return (names) => evaluate(tree, names);
}

const nulls = new WeakSet<object>();

/** Marks an empty list as null; it has the same class as the events' other lists. */
export function nullList<List extends readonly Value[]>(empty: List): List {
  nulls.add(empty);
  return empty;
}

const isNull = (value: Value): boolean => typeof value === "object" && nulls.has(value);

/** A list made from these is null if one of them is. */
const madeOf = (sources: readonly Value[], made: Value): Value => {
  const isList = Array.isArray(made) && !Object.isFrozen(made);
  return isList && sources.some(isNull) ? nullList(made) : made;
};

const isRecord = (value: Value): value is ReferenceRecord => typeof value === "object" && !Array.isArray(value);
/** The result is missing if any argument is. 64-bit integers are bigints here; all functions except comparisons take the nearest number. */
const lift =
  (compute: (...values: readonly number[]) => number | boolean) =>
  (...values: readonly Value[]): Value =>
    values.includes(undefined)
      ? undefined
      : compute(...values.map((value) => (typeof value === "bigint" ? Number(value) : (value as number))));
const compare =
  (compute: (x: number, y: number) => boolean) =>
  (x: Value, y: Value): Value =>
    x === undefined || y === undefined ? undefined : compute(x as number, y as number);
/** Compares numbers with bigints, too, as values of one kind. */
// biome-ignore lint/suspicious/noDoubleEquals: 1 == 1n
const isEqual = (x: Value, y: Value): boolean => x === y || (typeof x !== typeof y && x == y);

const operators: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  "+": (a, b) => (isRecord(a) && isRecord(b) ? addRecords(a, b) : lift((x, y) => x + y)(a, b)),
  "-": lift((x, y) => x - y),
  "*": lift((x, y) => x * y),
  "/": lift((x, y) => x / y),
  "%": lift((x, y) => x % y),
  "**": lift(pow),
  "<": compare((x, y) => x < y),
  "<=": compare((x, y) => x <= y),
  ">": compare((x, y) => x > y),
  ">=": compare((x, y) => x >= y),
  "==": compare(isEqual),
  "===": compare(isEqual),
  "!=": compare((x, y) => !isEqual(x, y)),
  "!==": compare((x, y) => !isEqual(x, y)),
  "&": lift((x, y) => x & y),
  "|": lift((x, y) => x | y),
  "^": lift((x, y) => x ^ y),
  "<<": lift((x, y) => x << y),
  ">>": lift((x, y) => x >> y),
  ">>>": lift((x, y) => x >>> y),
};

const unaryOperators: Readonly<Record<string, (x: Value) => Value>> = {
  "-": lift((x) => -x),
  "+": (x) => x,
  "!": lift((x) => !x),
  "~": lift((x) => ~x),
};

/** Kleene's logic with three values: if one side decides, the other does not matter. */
function decide(deciding: boolean, left: Value, right: Value): Value {
  if (left === deciding || right === deciding) return deciding;
  return left === undefined || right === undefined ? undefined : !deciding;
}

function evaluate(node: AnyNode, names: Names): Value {
  const inner = (each: AnyNode) => evaluate(each, names);
  switch (node.type) {
    case "Literal":
      return node.value as number | boolean;
    case "Identifier":
      return names.get(node.name);
    case "UnaryExpression":
      return unaryOperators[node.operator](inner(node.argument));
    case "BinaryExpression": {
      const exponent = node.operator === "**" ? literalOf(node.right) : undefined;
      if (exponent !== undefined) return lift((x) => literalPower(x, exponent))(inner(node.left as AnyNode));
      return operators[node.operator](inner(node.left as AnyNode), inner(node.right));
    }
    case "LogicalExpression":
      if (node.operator === "??") return unlessNull(inner(node.left)) ?? inner(node.right);
      return decide(node.operator === "||", inner(node.left), inner(node.right));
    case "ConditionalExpression":
      return inner(node.test) === true ? inner(node.consequent) : inner(node.alternate);
    case "MemberExpression": {
      const object = objectOf(node, names);
      return node.computed ? elementOf(object, inner(node.property)) : memberOf(object, nameOf(node.property));
    }
    case "ChainExpression":
    case "ParenthesizedExpression":
      return inner(node.expression);
    case "ObjectExpression":
      return makeRecord(
        Object.assign(
          {},
          ...node.properties.map((part) =>
            part.type === "SpreadElement" ? inner(part.argument) : { [nameOf(part.key)]: inner(part.value) },
          ),
        ),
      );
    case "CallExpression":
      if (node.callee.type === "Identifier" && node.callee.name === "col") {
        const [record, field] = ((node.arguments[0] as { readonly value?: unknown }).value as string).split("_");
        return memberOf(names.get(record!), field!);
      }
      if (node.callee.type === "Identifier") return callFunction(node.callee.name, node.arguments.map(inner), node.arguments);
      if (node.callee.type === "MemberExpression")
        return callMethod(objectOf(node.callee, names) as readonly Value[], nameOf(node.callee.property), node.arguments, names);
  }
  throw new Error(`The reference does not know ${node.type}`);
}

/** Operators that ask whether a list is null treat it as missing. */
const unlessNull = (value: Value): Value => (isNull(value) ? undefined : value);

function objectOf({ object, optional }: Extract<AnyNode, { type: "MemberExpression" }>, names: Names): Value {
  const value = evaluate(object as AnyNode, names);
  return optional ? unlessNull(value) : value;
}

const nameOf = (node: AnyNode): string => (node as { readonly name: string }).name;

function literalOf(node: AnyNode): number | undefined {
  if (node.type === "Literal") return node.value as number;
  if (node.type === "Identifier") return { pi: Math.PI, e: Math.E }[node.name];
  const operand = node.type === "UnaryExpression" && node.operator !== "!" ? literalOf(node.argument) : undefined;
  return operand === undefined || (node.type === "UnaryExpression" && node.operator === "+") ? operand : -operand;
}

function memberOf(value: Value, name: string): Value {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) {
    if (name === "length") return value.length;
    return madeOf(
      [value],
      value.map((each) => memberOf(each, name)),
    );
  }
  return (value as ReferenceRecord)[name];
}

function elementOf(list: Value, index: Value): Value {
  return index === undefined || list === undefined ? undefined : (list as readonly Value[])[index as number];
}

function callFunction(name: string, args: readonly Value[], written: readonly AnyNode[]): Value {
  if (name === "isNaN") return lift(Number.isNaN)(...args);
  if (name in differences) return args.includes(undefined) ? undefined : differences[name](args[0], args[1]);
  if (name === "between") return decide(false, operators[">="](args[0], args[1]), operators["<="](args[0], args[2]));
  const exponent = name === "pow" ? literalOf(written[1]) : undefined;
  if (exponent !== undefined) return lift((x) => literalPower(x, exponent))(args[0]);
  return lift(numberFunctions[name])(...args);
}

function callMethod(list: readonly Value[] | undefined, method: string, args: readonly AnyNode[], names: Names): Value {
  if (list === undefined) return undefined;
  const others = method === "concat" || method === "cross" ? [evaluate(args[0], names)] : [];
  return madeOf([list, ...others], applyMethod(list, method, args, names));
}

function applyMethod(list: readonly Value[], method: string, args: readonly AnyNode[], names: Names): Value {
  const call = args[0]?.type === "ArrowFunctionExpression" ? bindFunction(args[0], names) : undefined;
  const present = () => (call ? list.map(call) : list).filter((value): value is number => value !== undefined);
  switch (method) {
    case "map":
      return list.map(call!);
    case "flatMap":
      return list.flatMap((value, index) => (call!(value, index) as readonly Value[] | undefined) ?? []);
    case "slice": {
      const places = args.map((arg) => evaluate(arg, names));
      return places.includes(undefined) ? undefined : list.slice(...(places as number[]));
    }
    case "concat": {
      const other = evaluate(args[0], names) as readonly Value[] | undefined;
      return other && [...list, ...other];
    }
    case "find":
      return list.find((value, index) => call!(value, index) === true);
    case "minBy":
      return pickBy(list, list.map(call!), (value, best) => value < best);
    case "maxBy":
      return pickBy(list, list.map(call!), (value, best) => value > best);
    case "any":
      return list.some((value, index) => (call ? call(value, index) : value) === true);
    case "all":
      return list.every((value, index) => (call ? call(value, index) : value) === true);
    case "count":
      return list.filter((value, index) => call!(value, index) === true).length;
    case "product":
      return present().reduce((product, value) => product * value, 1);
    case "mean":
      return present().length === 0 ? undefined : present().reduce((sum, value) => sum + value, 0) / present().length;
    case "filter":
      return list.filter((value, index) => call!(value, index) === true);
    case "some":
      return list.some((value, index) => call!(value, index) === true);
    case "every":
      return list.every((value, index) => call!(value, index) === true);
    case "sortBy":
      return orderBy(list.map(call!)).map((index) => list[index]);
    case "sum":
      if (args[0]?.type === "ArrowFunctionExpression" && nameOf(args[0].body) === "vector")
        return totalOf(present() as unknown as ReferenceRecord[]);
      return present().reduce((sum, value) => sum + value, 0);
    case "min":
      return extremeOf(present(), Math.min, (one, other) => one < other);
    case "max":
      return extremeOf(present(), Math.max, (one, other) => one > other);
    case "at": {
      const index = evaluate(args[0], names);
      return index === undefined ? undefined : list.at(index as number);
    }
    case "nearest": {
      const other = evaluate(args[0], names) as readonly Value[] | undefined;
      const { params, body } = args[1] as ArrowFunctionExpression;
      const [one, another] = params.map(nameOf);
      const distance = (a: Value, b: Value) => {
        spend();
        return evaluate(body, new Map([...names, [one, a], [another, b]]));
      };
      const isNearer = (value: number, best: number) => value < best;
      return list.map((a) => {
        const distances = (other ?? []).map((b) => distance(a, b));
        return pickBy(other ?? [], distances, isNearer);
      });
    }
    case "cross": {
      const other = evaluate(args[0], names) as readonly Value[] | undefined;
      spend(list.length * (other?.length ?? 0));
      return other && list.flatMap((a) => other.map((b) => Object.freeze([a, b])));
    }
    case "combinations":
      return choose(list, evaluate(args[0], names) as number).map((members) => Object.freeze(members));
    case "pairs":
      spend(list.length ** 2 / 2);
      return list.flatMap((a, index) => list.slice(index + 1).map((b) => Object.freeze([a, b])));
    case "triples":
      spend(list.length ** 3 / 6);
      return list.flatMap((a, i) => list.slice(i + 1).flatMap((b, j) => list.slice(i + j + 2).map((c) => Object.freeze([a, b, c]))));
  }
  throw new Error(`The reference does not know the method ${method}`);
}

function choose(list: readonly Value[], size: number): Value[][] {
  spend();
  return size === 0 ? [[]] : list.flatMap((first, index) => choose(list.slice(index + 1), size - 1).map((rest) => [first, ...rest]));
}

/** The first of those whose number is best; one that is missing or NaN is none. */
function pickBy(list: readonly Value[], values: readonly Value[], isBetter: (value: number, best: number) => boolean): Value {
  let picked = -1;
  for (const [index, value] of values.entries()) {
    if ((typeof value !== "number" && typeof value !== "bigint") || Number.isNaN(value)) continue;
    if (picked < 0 || isBetter(value as number, values[picked] as number)) picked = index;
  }
  return list[picked];
}

/** Several parameters of tuples are the members; the index comes last. */
function bindFunction(node: ArrowFunctionExpression, outer: Names): (value: Value, index: number) => Value {
  const params = node.params.map(nameOf);
  return (value, index) => {
    spend();
    const isTuple = Array.isArray(value) && Object.isFrozen(value);
    const values = isTuple && params.length > 1 ? [...(value as readonly Value[]), index] : [value, index];
    return evaluate(node.body, new Map([...outer, ...params.map((name, place): [string, Value] => [name, values[place]])]));
  };
}

/** The extreme of numbers or of BigInts, which `Math` does not accept. */
function extremeOf(
  found: readonly (number | null)[],
  ofNumbers: (...values: number[]) => number,
  isBetter: (one: number, other: number) => boolean,
): number | undefined {
  const values = found.filter((value) => value !== null);
  if (values.length === 0) return undefined;
  return typeof values[0] === "bigint" ? values.reduce((best, each) => (isBetter(each, best) ? each : best)) : ofNumbers(...values);
}
