/** The arguments of `list.name(…)`: none, one, or a function over the elements. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import { isPresent, type ListTerm, lambdaOf } from "../program/make-terms.ts";
import { deepestLevel, type Term } from "../program/term.ts";
import { isOptional, number } from "../program/types.ts";
import { type Checker, expectType } from "./checker.ts";

export interface MethodCall {
  readonly list: ListTerm;
  readonly call: Extract<Tree, { kind: "method-call" }>;
  readonly checker: Checker;
  /** For each list or argument that may be missing, a test whether it is there. If one is not, the result is missing, or an empty list. */
  readonly presences: Term[];
}

export function noArguments({ call }: MethodCall): void {
  if (call.args.length > 0) throw new ExpressionError(`${call.name} takes no arguments`, call.args[0].start);
}

export function oneArgument({ call }: MethodCall): Tree {
  if (call.args.length === 1) return call.args[0];
  throw new ExpressionError(`${call.name} takes one argument, not ${call.args.length}`, call.nameStart);
}

/** Makes the method's result missing if this argument is. */
export function missingWith({ checker, presences }: MethodCall, argument: Term): void {
  if (isOptional(argument.type)) presences.push(isPresent(checker.terms, argument));
}

/** The argument at this place, which must be a list. */
export function listArgument({ call, checker }: MethodCall, place: number): ListTerm {
  const tree = call.args[place];
  if (!tree)
    throw new ExpressionError(
      `${call.name} needs another list, such as ${call.name}(Jet${call.name === "nearest" ? ", …" : ""})`,
      call.nameStart,
    );
  const list = checker.check(tree, checker);
  expectType(list, "list", tree, call.name);
  return list as ListTerm;
}

/** The body of a function whose parameters stand for `values`. Each parameter takes one level of its own. */
export function functionOver({ call, checker }: MethodCall, tree: Tree, values: readonly Term[]): Term {
  const { level } = checker;
  const example = `${call.name}(…, (a, b) => …)`;
  if (tree.kind !== "lambda" || tree.params.length !== values.length)
    throw new ExpressionError(`${call.name} needs a function of ${values.length} parameters, such as ${example}`, tree.start);
  if (level + values.length > deepestLevel)
    throw new ExpressionError(`functions are nested too deeply: at most ${deepestLevel} inside one another`, tree.start);
  const params = new Map([...checker.params, ...tree.params.map((name, index) => [name, values[index]] as const)]);
  return checker.check(tree.body, { ...checker, params, level: level + values.length });
}

/** The one argument, as a lambda over the elements. Several parameters over tuples mean their members; one more means the index. */
export function oneFunction(methodCall: MethodCall): Term {
  const { list, call, checker } = methodCall;
  const { terms, level } = checker;
  const tree = oneArgument(methodCall);
  if (tree.kind !== "lambda") throw new ExpressionError(`${call.name} needs a function, such as ${call.name}(x => …)`, tree.start);
  if (level >= deepestLevel)
    throw new ExpressionError(`functions are nested too deeply: at most ${deepestLevel} inside one another`, tree.start);
  const { element } = list.type;
  const param = terms.make("param", element, [], level);
  const members =
    element.kind === "tuple" && tree.params.length > 1
      ? element.members.map((type, index) => terms.make("member", type, [param], index))
      : [param];
  const values = [...members, terms.make("position", number, [], level)];
  if (tree.params.length > values.length) {
    const message = `the function of ${call.name} has at most ${values.length} parameters here, not ${tree.params.length}`;
    throw new ExpressionError(message, tree.start);
  }
  const params = new Map([...checker.params, ...tree.params.map((name, index) => [name, values[index]] as const)]);
  return lambdaOf(terms, checker.check(tree.body, { ...checker, params, level: level + 1 }), level);
}

/** The one argument, as a lambda that returns a boolean. */
export function oneCondition(methodCall: MethodCall): Term {
  const lambda = oneFunction(methodCall);
  const [tree] = methodCall.call.args;
  expectType(lambda, "boolean", tree.kind === "lambda" ? tree.body : tree, `the condition of ${methodCall.call.name}`);
  return lambda;
}
