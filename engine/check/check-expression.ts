/** Tree → term: names looked up, types checked, shorthands spelled out. Throws `ExpressionError` at the first place that is wrong. */
import { type ArithmeticOperator, type ComparisonOperator, ExpressionError, type Tree } from "../expression/tree.ts";
import type { Operation, Term } from "../program/term.ts";
import { boolean, describeType, isOptional, number, type RecordType, type Type, withOptional } from "../program/types.ts";
import { type Context, expectType, fieldOf, type ListType, numeric } from "./context.ts";
import { type Component, components, isFourVector } from "./four-vector.ts";
import { checkCall, checkField, functionNames } from "./functions.ts";
import { checkMethod, elementOf, methodNames } from "./methods.ts";

const arithmetic: Readonly<Record<ArithmeticOperator, Operation>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "remainder",
  "**": "power",
};
const comparison: Readonly<Record<ComparisonOperator, Operation>> = {
  "<": "less",
  "<=": "less-equal",
  ">": "greater",
  ">=": "greater-equal",
  "==": "equal",
  "!=": "not-equal",
};

type Checker<Kind extends Tree["kind"]> = (tree: Extract<Tree, { kind: Kind }>, context: Context) => Term;

const checkers: { readonly [Kind in Tree["kind"]]: Checker<Kind> } = {
  number: (tree, { terms }) => terms.make("number", number, [], tree.value),
  boolean: (tree, { terms }) => terms.make("boolean", boolean, [], tree.value),
  string: (tree) => {
    throw new ExpressionError('strings are not available in this version, but for col("name")', tree.start);
  },
  name: (tree, context) => checkName(tree, context),
  member: (tree, context) => checkMember(tree, context),
  index(tree, context) {
    const object = context.check(tree.object, context);
    if (object.type.kind === "list") return elementOf("index", object as Term & { type: ListType }, tree.index, context);
    if (object.type.kind !== "tuple")
      throw new ExpressionError(`[…] takes an element of a list, but this is ${describeType(object.type)}`, tree.object.start);
    const place = tree.index.kind === "number" ? tree.index.value : -1;
    const member = object.type.members[place];
    if (!member)
      throw new ExpressionError(
        `the members of a tuple of ${object.type.members.length} are [0] to [${object.type.members.length - 1}]`,
        tree.index.start,
      );
    return context.terms.make("member", member, [object], place);
  },
  "function-call": (tree, context) => checkCall(tree, context),
  "method-call": (tree, context) => checkMethod(tree, context),
  lambda: (tree) => {
    throw new ExpressionError("a function can only be the argument of a method such as map or filter", tree.start);
  },
  negate(tree, context) {
    const operand = context.check(tree.operand, context);
    expectType(operand, "number", tree.operand, "'-'");
    if (operand.operation === "number") return context.terms.make("number", number, [], -Number(operand.literal));
    return numeric(context, "negate", [operand]);
  },
  plus(tree, context) {
    const operand = context.check(tree.operand, context);
    expectType(operand, "number", tree.operand, "'+'");
    return operand;
  },
  not(tree, context) {
    const operand = context.check(tree.operand, context);
    expectType(operand, "boolean", tree.operand, "'!'");
    return numeric(context, "not", [operand], boolean);
  },
  arithmetic(tree, context) {
    const args = [context.check(tree.left, context), context.check(tree.right, context)] as const;
    if (tree.operator === "+" && args.every((arg) => arg.type.kind === "record")) {
      for (const [index, arg] of args.entries()) {
        if (!isFourVector(arg.type))
          throw new ExpressionError(
            `'+' adds four-vectors, but ${describeType(arg.type)} has not pt, eta, phi, nor px, py, pz and energy`,
            [tree.left, tree.right][index].start,
          );
      }
      return context.formulas.sum(args[0], args[1]);
    }
    expectType(args[0], "number", tree.left, `'${tree.operator}'`);
    expectType(args[1], "number", tree.right, `'${tree.operator}'`);
    return numeric(context, arithmetic[tree.operator], args);
  },
  comparison: (tree, context) => checkComparison(tree, context),
  and: (tree, context) => checkLogic("and", "'&&'", tree, context),
  or: (tree, context) => checkLogic("or", "'||'", tree, context),
  coalesce(tree, context) {
    const [left, right] = [context.check(tree.left, context), context.check(tree.right, context)];
    if (left.type.kind === "number" || left.type.kind === "boolean") {
      expectType(right, left.type.kind, tree.right, "the default after '??'");
      return context.terms.make("coalesce", withOptional(left.type, isOptional(left.type) && isOptional(right.type)), [left, right]);
    }
    if (left.type.kind === "record" && right.type.kind === "record")
      return chooseRecord(context.terms.make("is-present", boolean, [left]), left, right, tree, context);
    throw new ExpressionError(
      `'??' gives a default for a number, boolean or record, but this is ${describeType(left.type)}`,
      tree.left.start,
    );
  },
  conditional(tree, context) {
    const test = context.check(tree.test, context);
    expectType(test, "boolean", tree.test, "the condition of '? :'");
    const [yes, no] = [context.check(tree.yes, context), context.check(tree.no, context)];
    if (yes.type.kind === "record" && no.type.kind === "record") return chooseRecord(test, yes, no, tree, context);
    if (yes.type.kind !== "number" && yes.type.kind !== "boolean")
      throw new ExpressionError(
        `'? :' chooses between numbers, booleans or records, but this is ${describeType(yes.type)}`,
        tree.yes.start,
      );
    expectType(no, yes.type.kind, tree.no, "the other side of '? :'");
    return context.terms.make("conditional", withOptional(yes.type, isOptional(yes.type) || isOptional(no.type)), [test, yes, no]);
  },
};

export function checkExpression(tree: Tree, context: Context): Term {
  return (checkers[tree.kind] as (tree: Tree, context: Context) => Term)(tree, context);
}

function checkName(tree: Extract<Tree, { kind: "name" }>, context: Context): Term {
  const known = context.params.get(tree.name) ?? context.define(tree.name, tree.start) ?? context.scope.lookUp(tree.name);
  if (known) return known;
  const reason = context.scope.unsupported(tree.name);
  if (reason) throw new ExpressionError(`the column '${tree.name}' cannot be used: ${reason}`, tree.start);
  if (functionNames.includes(tree.name)) throw new ExpressionError(`'${tree.name}' is a function: call it, ${tree.name}(…)`, tree.start);
  throw new ExpressionError(
    `there is no column, define or parameter '${tree.name}'`,
    tree.start,
    context.scope.near(tree.name, [...context.params.keys(), ...context.defineNames]),
  );
}

function checkMember(tree: Extract<Tree, { kind: "member" }>, context: Context): Term {
  const object = context.check(tree.object, context);
  if (object.type.kind !== "list") return checkField(object, tree.name, tree.nameStart, context);
  if (tree.name === "length") return context.terms.make("length", number, [object]);
  if (methodNames.includes(tree.name)) throw new ExpressionError(`${tree.name} is a method: call it, .${tree.name}(…)`, tree.nameStart);
  const { element } = object.type;
  if (element.kind !== "record")
    throw new ExpressionError(
      `${describeType(object.type)} has no '.${tree.name}'; it has length and ${methodNames.join(", ")}`,
      tree.nameStart,
    );
  const { terms, level } = context;
  const body = checkField(terms.make("param", element, [], level), tree.name, tree.nameStart, context);
  return terms.make("map", { kind: "list", element: body.type }, [object, body], level);
}

function checkComparison(tree: Extract<Tree, { kind: "comparison" }>, context: Context): Term {
  const [left, right] = [context.check(tree.left, context), context.check(tree.right, context)];
  const equality = tree.operator === "==" || tree.operator === "!=";
  if (equality && left.type.kind === "record" && right.type.kind === "record") {
    const same = compareElements(left, right, tree, context);
    return tree.operator === "==" ? same : numeric(context, "not", [same], boolean);
  }
  const kind = equality && left.type.kind === "boolean" ? "boolean" : "number";
  expectType(left, kind, tree.left, `'${tree.operator}'`);
  expectType(right, kind, tree.right, `'${tree.operator}'`);
  return numeric(context, comparison[tree.operator], [left, right], boolean);
}

/** Records are equal when they are the same element of the same collection. */
function compareElements(left: Term, right: Term, tree: Extract<Tree, { kind: "comparison" }>, context: Context): Term {
  const [a, b] = [left.type as RecordType, right.type as RecordType];
  for (const [type, side] of [
    [a, tree.left],
    [b, tree.right],
  ] as const) {
    if (type.origin === undefined)
      throw new ExpressionError(
        "only elements of collections can be compared; this record was computed: compare one of its fields",
        side.start,
      );
  }
  if (a.origin !== b.origin && !isOptional(a) && !isOptional(b)) return context.terms.make("boolean", boolean, [], false);
  return numeric(context, "same", [left, right], boolean);
}

function checkLogic(operation: "and" | "or", who: string, tree: { readonly left: Tree; readonly right: Tree }, context: Context): Term {
  const args = [context.check(tree.left, context), context.check(tree.right, context)];
  expectType(args[0], "boolean", tree.left, who);
  expectType(args[1], "boolean", tree.right, who);
  return numeric(context, operation, args, boolean);
}

/**
 * One of two records: each field that both have is chosen by itself. Of four-vectors in different forms so is every component:
 * what both have as fields does not tell them all.
 */
function chooseRecord(test: Term, yes: Term, no: Term, tree: Tree, context: Context): Term {
  const { terms, formulas } = context;
  const [a, b] = [yes.type as RecordType, no.type as RecordType];
  const names = new Set<string>([...a.fields.keys(), ...b.fields.keys()].filter((name) => hasMember(a, name) && hasMember(b, name)));
  if (isFourVector(a) && isFourVector(b) && components.some((name) => a.fields.has(name) !== b.fields.has(name)))
    for (const name of components) names.add(name);
  const chosen = [...names].flatMap((name): [string, Term][] => {
    const [one, other] = [yes, no].map((record) =>
      (record.type as RecordType).fields.has(name) ? fieldOf(terms, record, name) : formulas.component(record, name as Component),
    );
    if (one.type.kind !== other.type.kind || (one.type.kind !== "number" && one.type.kind !== "boolean")) return [];
    return [[name, terms.make("conditional", withOptional(one.type, isOptional(one.type) || isOptional(other.type)), [test, one, other])]];
  });
  if (chosen.length === 0) throw new ExpressionError(`${describeType(a)} and ${describeType(b)} have no field in common`, tree.start);
  const fields = new Map<string, Type>(chosen.map(([name, term]) => [name, term.type]));
  const optional = isOptional(a) || isOptional(b);
  const type: Type = { kind: "record", name: a.name === b.name ? a.name : "chosen", fields, optional };
  const isThere = terms.make("conditional", boolean, [test, ...[yes, no].map((record) => terms.make("is-present", boolean, [record]))]);
  return terms.make("record", type, [...chosen.map(([, term]) => term), ...(optional ? [isThere] : [])], type.name);
}

const hasMember = (type: RecordType, name: string): boolean =>
  type.fields.has(name) || (isFourVector(type) && (components as readonly string[]).includes(name));
