/** The functions of the language: each makes a term of its arguments. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import { fieldOf } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { boolean, describeType, type RecordType } from "../program/types.ts";
import { nearNames } from "../query/near-names.ts";
import { type Checker, expectKind, expectType, numeric } from "./checker.ts";
import { compareScalars } from "./comparison.ts";
import { type Component, components, isFourVector } from "./four-vector.ts";
import { partOf } from "./records.ts";

type FunctionCall = Extract<Tree, { kind: "function-call" }>;
type Maker = (args: readonly Term[], call: FunctionCall, checker: Checker) => Term;

const ofOneNumber = "abs sqrt cbrt exp log log10 log2 sin cos tan asin acos atan sinh cosh tanh floor ceil round trunc sign fround".split(
  " ",
);

const functions: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ...ofOneNumber.map((name) => [name, numbers(1, (args, checker) => numeric(checker, "function", args, undefined, name))] as const),
  ["pow", numbers(2, (args, checker) => numeric(checker, "power", args))],
  ["atan2", numbers(2, (args, checker) => numeric(checker, "function", args, undefined, "atan2"))],
  ["isNaN", numbers(1, (args, checker) => numeric(checker, "function", args, boolean, "isNaN"))],
  ["between", between],
  ["hypot", folded("hypot")],
  ["min", folded("min")],
  ["max", folded("max")],
  ["deltaeta", (args, call, checker) => difference("eta", twoOf(args, call), call, checker)],
  ["deltaphi", (args, call, checker) => deltaphi(twoOf(args, call), call, checker)],
  [
    "deltaR",
    (args, call, checker) => {
      const { formulas } = checker;
      const both = twoOf(args, call);
      for (const [index, arg] of both.entries()) expectType(arg, "record", call.args[index], "deltaR");
      return formulas.call(
        "sqrt",
        formulas.add(formulas.square(difference("eta", both, call, checker)), formulas.square(deltaphi(both, call, checker))),
      );
    },
  ],
]);

export const functionNames: readonly string[] = [...functions.keys()];

export function checkCall(call: FunctionCall, checker: Checker): Term {
  const maker = functions.get(call.name);
  if (maker) {
    return maker(
      call.args.map((arg) => checker.check(arg, checker)),
      call,
      checker,
    );
  }
  if (call.name === "col") return columnByName(call, checker);
  if (checker.dataset.lookUp(call.name)) throw new ExpressionError(`'${call.name}' is not a function`, call.start);
  if (call.name === "isFinite") throw new ExpressionError("there is no function 'isFinite': write abs(x) < 1 / 0", call.start);
  const advice = ofLists.get(call.name);
  if (advice) throw new ExpressionError(`there is no function '${call.name}': for the elements of a list write ${advice}`, call.start);
  throw new ExpressionError(`there is no function '${call.name}'`, call.start, nearNames(call.name, functionNames));
}

/** Advice for functions of lists that other languages have. */
const ofLists = new Map([
  ...["sum", "mean", "product", "any", "all", "count"].map((name) => [name, `list.${name}(…)`] as const),
  ["len", "list.length"],
  ["size", "list.length"],
  ["sorted", "list.sortBy(x => …)"],
  ["argmax", "list.maxBy(x => …)"],
  ["argmin", "list.minBy(x => …)"],
]);

/** `col("odd-name")`: the column of this name, even if a define or parameter has the same name. */
function columnByName(call: FunctionCall, checker: Checker): Term {
  const [argument] = call.args;
  if (call.args.length !== 1 || argument.kind !== "string")
    throw new ExpressionError('col takes the name of a column: col("odd-name")', call.start);
  const column = checker.dataset.ofData(argument.value);
  if (column) return column;
  const reason = checker.dataset.unsupported(argument.value);
  throw new ExpressionError(
    reason ? `the column '${argument.value}' cannot be used: ${reason}` : `there is no column '${argument.value}'`,
    argument.start,
    checker.dataset.near(argument.value, []),
  );
}

function numbers(count: number, make: (args: readonly Term[], checker: Checker) => Term): Maker {
  return (args, call, checker) => {
    if (args.length !== count)
      throw new ExpressionError(
        `${call.name} takes ${count === 1 ? "one argument" : `${count} arguments`}, not ${args.length}`,
        call.start,
      );
    for (const [index, arg] of args.entries()) expectType(arg, "number", call.args[index], call.name);
    return make(args, checker);
  };
}

/** `between(x, a, b)`: a <= x && x <= b, both ends included, as in SQL. */
function between(args: readonly Term[], call: FunctionCall, checker: Checker): Term {
  if (args.length !== 3) throw new ExpressionError(`between takes 3 arguments, not ${args.length}`, call.start);
  for (const [index, arg] of args.entries()) expectKind(arg, "number", call.args[index], "between");
  const end = (operator: ">=" | "<=", index: 1 | 2) =>
    compareScalars(operator, [args[0], args[index]], [call.args[0], call.args[index]], checker);
  return numeric(checker, "and", [end(">=", 1), end("<=", 2)], boolean);
}

/** A function of one or more numbers, as `Math.min`; `min` and `max` combine them from left to right. */
function folded(name: "min" | "max" | "hypot"): Maker {
  return (args, call, checker) => {
    if (args.length === 0) throw new ExpressionError(`${name} needs at least one argument`, call.start);
    for (const [index, arg] of args.entries()) {
      if (arg.type.kind === "list")
        throw new ExpressionError(
          `${name} takes numbers, but this is ${describeType(arg.type)}: for the elements of a list write list.${name}()`,
          call.args[index].start,
        );
      expectType(arg, "number", call.args[index], name);
    }
    if (args.length === 1) return name === "hypot" ? numeric(checker, "function", args, undefined, "abs") : args[0];
    if (name === "hypot") return numeric(checker, "function", args, undefined, name);
    return args.reduce((sofar, arg) => numeric(checker, "function", [sofar, arg], undefined, name));
  };
}

function twoOf(args: readonly Term[], call: FunctionCall): readonly [Term, Term] {
  if (args.length !== 2) throw new ExpressionError(`${call.name} takes 2 arguments, not ${args.length}`, call.start);
  return [args[0], args[1]];
}

/** The difference of eta or phi between two records, or of two numbers. */
function difference(name: "eta" | "phi", args: readonly [Term, Term], call: FunctionCall, checker: Checker): Term {
  const [a, b] = args.map((arg, index) => {
    if (arg.type.kind === "number") return arg;
    const advice =
      arg.type.kind === "list" ? `: write list.map(x => ${call.name}(x, …))` : `: give both records, such as ${call.name}(Muon[0], Jet[0])`;
    const type = expectType(arg, "record", call.args[index], call.name, advice);
    if (type.fields.get(name)?.kind === "number") return fieldOf(checker.terms, arg, name);
    if (isFourVector(type)) return checker.formulas.component(arg, name);
    throw new ExpressionError(`${call.name} needs ${name}, but ${describeType(type)} has no such field`, call.args[index].start);
  });
  return checker.formulas.subtract(a, b);
}

const deltaphi = (args: readonly [Term, Term], call: FunctionCall, checker: Checker): Term =>
  checker.formulas.call("wrapAngle", difference("phi", args, call, checker));

/** Whether this computed record stems from a collection whose elements have a list of this name. */
const isLostList = ({ name: collections, origin }: RecordType, name: string, { dataset }: Checker): boolean =>
  origin === undefined &&
  collections.split(" or ").some((collection) => {
    const type = dataset.ofData(collection)?.type;
    return type?.kind === "list" && type.element.kind === "record" && type.element.fields.get(name)?.kind === "list";
  });

/** `record.name`: a field, or a component of a four-vector. */
export function checkField(record: Term, name: string, offset: number, checker: Checker): Term {
  const type = record.type;
  if (record.operation === "position")
    throw new ExpressionError(
      `'.${name}' needs an element, but this parameter is its place in the list, a number: functions take (element, index), also sortBy, minBy and maxBy, which take the key of one element, such as sortBy(x => x.pt)`,
      offset,
    );
  if (type.kind !== "record")
    throw new ExpressionError(`${describeType(type)} has no members; '.${name}' needs a record or a list of records`, offset);
  if (type.fields.has(name)) return fieldOf(checker.terms, record, name);
  const derived = isFourVector(type) ? components : [];
  if ((derived as readonly string[]).includes(name)) return checker.formulas.component(record, name as Component);
  const part = partOf(record, name, checker);
  if (part) return part;
  const reason = checker.dataset.unsupported(`${type.name}.${name}`) ?? checker.dataset.unsupported(`${type.name}_${name}`);
  if (reason)
    throw new ExpressionError(`the field '${name}' of ${describeType({ ...type, optional: false })} cannot be used: ${reason}`, offset);
  if (isLostList(type, name, checker))
    throw new ExpressionError(
      `elements that were put together have no lists, and '${name}' of ${describeType({ ...type, optional: false })} is one: use it before concat, such as list.map(x => ({ ...x, n: x.${name}.length }))`,
      offset,
    );
  const list = `${type.name}.${name}`;
  if (checker.dataset.ofData(list)?.type.kind === "list")
    throw new ExpressionError(
      `${describeType({ ...type, optional: false })} has no field '${name}': ${list} is a list of its own, such as col("${list}")[i] with the place i that functions have after the element`,
      offset,
    );
  const known = [...type.fields.keys(), ...derived];
  const why = (components as readonly string[]).includes(name)
    ? " and is no four-vector, for which it needs pt, eta, phi (and mass or energy), or px, py, pz and energy"
    : "";
  throw new ExpressionError(`${describeType({ ...type, optional: false })} has no field '${name}'${why}`, offset, nearNames(name, known));
}
