/** Tree → term: names looked up, types checked, shorthands spelled out. Throws `ExpressionError` at the first place that is wrong. */
import { type ArithmeticOperator, ExpressionError, type Tree } from "../expression/tree.ts";
import { checkElement } from "../lists/element.ts";
import { methods } from "../lists/list-operators.ts";
import { emptyUnless, isNotNull, isPresent, lambdaOf, mapOver, memberOf, overList, whereTrue } from "../program/make-terms.ts";
import type { Operation, Term } from "../program/term.ts";
import { boolean, describeType, eitherOf, isOptional, isScalar, number, string, withOptional } from "../program/types.ts";
import { type Checker, expectKind, expectType, numeric } from "./checker.ts";
import { chooseValue } from "./choose.ts";
import { checkComparison } from "./comparison.ts";
import { isFourVector } from "./four-vector.ts";
import { checkCall, checkField, functionNames } from "./functions.ts";
import { bothLong, integerOf } from "./integers.ts";
import { checkRecord } from "./records.ts";

const arithmetic: Readonly<Record<ArithmeticOperator, Operation>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "remainder",
  "**": "power",
  "&": "bit-and",
  "|": "bit-or",
  "^": "bit-xor",
  "<<": "shift-left",
  ">>": "shift-right",
  ">>>": "shift-right-unsigned",
};
/** Advice for method names of other languages that this language does not have. */
const methodsElsewhere: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  argmax: "maxBy(x => …) gives the element itself",
  argmin: "minBy(x => …) gives the element itself",
  reduce: "there are sum, product, min, max and mean",
  includes: "write some(x => x == …)",
  indexOf: "find(x => …) gives the element itself",
  sort: "write sortBy(x => …)",
  reverse: "write sortBy(x => -…)",
  forEach: "write map(x => …)",
  flat: "write flatMap(x => x)",
});
const notANumber = "ask isNaN(x); no number is equal to it";
const infinite = "write 1 / 0, or ask abs(x) < 1 / 0";
/** Advice for names of other languages that this language does not have. */
const namesElsewhere: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  NaN: notANumber,
  nan: notANumber,
  Infinity: infinite,
  inf: infinite,
  Math: "functions and constants have plain names, such as sqrt(x), abs(x) and pi",
  np: "functions and constants have plain names, such as sqrt(x), abs(x) and pi",
  True: "write true",
  False: "write false",
  None: "what is missing has a default by ??, such as (x ?? -1)",
});
const methodNames: readonly string[] = [...methods.keys()];

type Check<Kind extends Tree["kind"]> = (tree: Extract<Tree, { kind: Kind }>, checker: Checker) => Term;

const checks: { readonly [Kind in Tree["kind"]]: Check<Kind> } = {
  number: ({ value, integer, start }, { terms }) =>
    integer === undefined || String(integer) === String(value) ? terms.make("number", number, [], value) : integerOf(integer, start, terms),
  boolean: (tree, { terms }) => terms.make("boolean", boolean, [], tree.value),
  string: (tree, { terms }) => terms.make("string", string, [], tree.value),
  name: (tree, checker) => checkName(tree, checker),
  member: (tree, checker) => checkMember(tree, checker),
  index(tree, checker) {
    const { index } = tree;
    if (index.kind === "string") return checkMember({ ...tree, kind: "member", name: index.value, nameStart: index.start }, checker);
    const object = checker.check(tree.object, checker);
    if (object.type.kind === "list")
      return overList(checker.terms, object, (list) => checkElement("index", list, tree.index, checker), askedBy(tree));
    if (object.type.kind !== "tuple")
      throw new ExpressionError(`[…] takes an element of a list, but this is ${describeType(object.type)}`, tree.object.start);
    const place = tree.index.kind === "number" ? tree.index.value : -1;
    const member = object.type.members[place];
    if (!member)
      throw new ExpressionError(
        `the members of a tuple of ${object.type.members.length} are [0] to [${object.type.members.length - 1}]`,
        tree.index.start,
      );
    return memberOf(checker.terms, object, place);
  },
  record: (tree, checker) => checkRecord(tree, checker),
  "function-call": (tree, checker) => checkCall(tree, checker),
  "method-call": (tree, checker) => checkMethod(tree, checker),
  lambda: (tree) => {
    throw new ExpressionError("a function can only be the argument of a method such as map or filter", tree.start);
  },
  negate(tree, checker) {
    const operand = checker.check(tree.operand, checker);
    expectKind(operand, "number", tree.operand, "'-'");
    if (operand.operation === "number") return checker.terms.make("number", number, [], -Number(operand.literal));
    if (operand.operation === "integer") return integerOf(-BigInt(String(operand.literal)), tree.start, checker.terms);
    return numeric(checker, "negate", [operand]);
  },
  plus(tree, checker) {
    const operand = checker.check(tree.operand, checker);
    expectKind(operand, "number", tree.operand, "'+'");
    return operand;
  },
  not(tree, checker) {
    const operand = checker.check(tree.operand, checker);
    expectType(operand, "boolean", tree.operand, "'!'");
    return numeric(checker, "not", [operand], boolean);
  },
  complement(tree, checker) {
    const operand = checker.check(tree.operand, checker);
    expectType(operand, "number", tree.operand, "'~'");
    return numeric(checker, "complement", [operand]);
  },
  arithmetic(tree, checker) {
    const args = [checker.check(tree.left, checker), checker.check(tree.right, checker)] as const;
    if (tree.operator === "+" && args.every((arg) => arg.type.kind === "record")) {
      for (const [index, arg] of args.entries()) {
        if (!isFourVector(arg.type))
          throw new ExpressionError(
            `'+' adds four-vectors, but ${describeType(arg.type)} has not pt, eta, phi, nor px, py, pz and energy`,
            [tree.left, tree.right][index].start,
          );
      }
      return checker.formulas.sum(args[0], args[1]);
    }
    const logical = tree.operator === "&" || tree.operator === "|" ? `: for conditions write ${tree.operator}${tree.operator}` : undefined;
    const advice = args.some(({ type }) => type.kind === "boolean") ? logical : undefined;
    expectType(args[0], "number", tree.left, `'${tree.operator}'`, advice);
    expectType(args[1], "number", tree.right, `'${tree.operator}'`, advice);
    return numeric(checker, arithmetic[tree.operator], args);
  },
  comparison: (tree, checker) => checkComparison(tree, checker),
  and: (tree, checker) => checkLogic("and", "'&&'", tree, checker),
  or: (tree, checker) => checkLogic("or", "'||'", tree, checker),
  coalesce(tree, checker) {
    const [left, right] = [checker.check(tree.left, checker), checker.check(tree.right, checker)];
    if (isScalar(left.type)) {
      expectKind(right, left.type.kind, tree.right, "the default after '??'");
      const [one, other] = bothLong(left, right, [tree.left, tree.right], checker.terms);
      const optional = isOptional(left.type) && isOptional(right.type);
      return checker.terms.make("coalesce", withOptional(eitherOf(one.type, other.type), optional), [one, other]);
    }
    expectType(right, left.type.kind, tree.right, "the default after '??'");
    if (!isOptional(left.type) && left.type.kind === "tuple") return left;
    const isThere = left.type.kind === "list" ? isNotNull(checker.terms, left) : isPresent(checker.terms, left);
    return chooseValue(isThere, left, right, { who: "'??' puts", offset: tree.right.start, checker });
  },
  conditional(tree, checker) {
    const test = checker.check(tree.test, checker);
    expectType(test, "boolean", tree.test, "the condition of '? :'");
    const [yes, no] = [checker.check(tree.yes, checker), checker.check(tree.no, checker)];
    if (!isScalar(yes.type)) {
      expectType(no, yes.type.kind, tree.no, "the other side of '? :'");
      return chooseValue(test, yes, no, { who: "'? :' puts", offset: tree.no.start, checker });
    }
    expectKind(no, yes.type.kind, tree.no, "the other side of '? :'");
    const [one, other] = bothLong(yes, no, [tree.yes, tree.no], checker.terms);
    const optional = isOptional(yes.type) || isOptional(no.type);
    return checker.terms.make("conditional", withOptional(eitherOf(one.type, other.type), optional), [test, one, other]);
  },
};

export function checkExpression(tree: Tree, checker: Checker): Term {
  return (checks[tree.kind] as (tree: Tree, checker: Checker) => Term)(tree, checker);
}

function checkName(tree: Extract<Tree, { kind: "name" }>, checker: Checker): Term {
  const known = checker.params.get(tree.name) ?? checker.define(tree.name, tree.start) ?? checker.dataset.lookUp(tree.name);
  if (known) return known;
  const reason = checker.dataset.unsupported(tree.name);
  if (reason) throw new ExpressionError(`the column '${tree.name}' cannot be used: ${reason}`, tree.start);
  if (functionNames.includes(tree.name)) throw new ExpressionError(`'${tree.name}' is a function: call it, ${tree.name}(…)`, tree.start);
  const advice = namesElsewhere[tree.name];
  if (advice) throw new ExpressionError(`there is no '${tree.name}': ${advice}`, tree.start);
  throw new ExpressionError(
    `there is no column, define or parameter '${tree.name}'`,
    tree.start,
    checker.dataset.near(tree.name, [...checker.params.keys(), ...checker.defineNames]),
  );
}

function checkMethod(call: Extract<Tree, { kind: "method-call" }>, checker: Checker): Term {
  const method = methods.get(call.name);
  if (!method) {
    const advice = methodsElsewhere[call.name];
    if (advice) throw new ExpressionError(`there is no method '${call.name}': ${advice}`, call.nameStart);
    if (functionNames.includes(call.name) && call.object.kind === "name" && call.object.name in namesElsewhere)
      throw new ExpressionError(`write ${call.name}(…), without ${call.object.name}`, call.object.start);
    if (functionNames.includes(call.name))
      throw new ExpressionError(`${call.name} is a function, not a method: write ${call.name}(…)`, call.nameStart);
    if (call.name === "length" || isField(call, checker))
      throw new ExpressionError(`${call.name} is a field, not a method: write .${call.name} without ()`, call.nameStart);
    const near = checker.dataset.near(call.name, methodNames).filter((name) => methods.has(name));
    throw new ExpressionError(`there is no method '${call.name}'`, call.nameStart, near);
  }
  const list = checker.check(call.object, checker);
  if (list.type.kind !== "list")
    throw new ExpressionError(`${call.name} is a method of lists, but this is ${describeType(list.type)}`, call.object.start);
  const presences: Term[] = [];
  const made = overList(checker.terms, list, (there) => method({ list: there, call, checker, presences }), askedBy(call));
  return presences.reduce((value, isThere) => {
    const empty = value.type.kind === "list" ? emptyUnless(checker.terms, value, isThere) : value;
    return whereTrue(checker.terms, empty, isThere);
  }, made);
}

/** Whether the name that is called as a method is a field, of the record or of the list's elements. */
function isField(call: Extract<Tree, { kind: "method-call" }>, checker: Checker): boolean {
  const { type } = checker.check(call.object, checker);
  const element = type.kind === "list" ? type.element : type;
  return element.kind === "record" && element.fields.has(call.name);
}

function checkMember(tree: Extract<Tree, { kind: "member" }>, checker: Checker): Term {
  const whole = checkWholeName(tree, checker);
  if (whole) return whole;
  const object = checker.check(tree.object, checker);
  if (object.type.kind !== "list") return checkField(object, tree.name, tree.nameStart, checker);
  const asked = askedBy(tree);
  if (tree.name === "length") return overList(checker.terms, object, (list) => checker.terms.make("length", number, [list]), asked);
  const { element } = object.type;
  const hasField = element.kind === "record" && element.fields.has(tree.name);
  if (methodNames.includes(tree.name) && !hasField)
    throw new ExpressionError(`${tree.name} is a method: call it, .${tree.name}(…)`, tree.nameStart);
  if (element.kind === "tuple") {
    const [a, b] = ["a", "b"].map((name) => `${name}.${tree.name}`);
    const message = `${describeType(object.type)} has no '.${tree.name}': say of what with map, such as map((a, b) => ${a} + ${b}) or map((a, b) => (a + b).${tree.name})`;
    throw new ExpressionError(message, tree.nameStart);
  }
  if (element.kind !== "record")
    throw new ExpressionError(
      `${describeType(object.type)} has no '.${tree.name}'; it has length and ${methodNames.join(", ")}`,
      tree.nameStart,
    );
  const { terms, level } = checker;
  const body = checkField(terms.make("param", element, [], level), tree.name, tree.nameStart, checker);
  return overList(terms, object, (list) => mapOver(terms, list, lambdaOf(terms, body, level)), asked);
}

/**
 * The column or collection whose full name contains points, such as `MCParticles.momentum`, if these are no members of what stands before them: a collection
 * may have a name that begins with that of another one.
 */
function checkWholeName({ object, name, isChained }: Extract<Tree, { kind: "member" }>, checker: Checker): Term | undefined {
  const outer = isChained ? undefined : pointedName(object, checker);
  const whole = outer === undefined ? undefined : checker.dataset.ofData(`${outer}.${name}`);
  if (!whole) return undefined;
  const type = checker.dataset.ofData(outer!)?.type;
  const record = type?.kind === "list" ? type.element : type;
  return record?.kind === "record" && record.fields.has(name) ? undefined : whole;
}

/** `a.b.c` as one name; undefined where it is something else or begins with a parameter or define. */
function pointedName(tree: Tree, checker: Checker): string | undefined {
  if (tree.kind === "name") return meansData(tree, checker) ? tree.name : undefined;
  if (tree.kind !== "member" || tree.isChained) return undefined;
  const outer = pointedName(tree.object, checker);
  return outer === undefined ? undefined : `${outer}.${tree.name}`;
}

/** Whether the name is neither a parameter nor a define with another meaning than the data have for it; inside itself, a define means the data. */
const meansData = ({ name, start }: Extract<Tree, { kind: "name" }>, { params, defineNames, define, dataset }: Checker): boolean =>
  !params.has(name) && (!defineNames.includes(name) || define(name, start) === dataset.ofData(name));

/** With `?.` after it, a list that is null in the file makes the result missing; without, it counts as an empty list. */
const askedBy = ({ isChained }: { readonly isChained?: true }) => ({ isAsked: isChained === true });

function checkLogic(operation: "and" | "or", who: string, tree: { readonly left: Tree; readonly right: Tree }, checker: Checker): Term {
  const args = [checker.check(tree.left, checker), checker.check(tree.right, checker)];
  expectType(args[0], "boolean", tree.left, who);
  expectType(args[1], "boolean", tree.right, who);
  return numeric(checker, operation, args, boolean);
}
