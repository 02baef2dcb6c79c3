/** Records that expressions make: literals, one of two, and the fields that two have in common. Each keeps its identity, by which it is compared. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import { fieldOf, recordOf } from "../program/make-terms.ts";
import { reachable, type Term } from "../program/term.ts";
import { boolean, describeType, isScalar, type RecordType, type Type } from "../program/types.ts";
import { type Checker, expectType } from "./checker.ts";
import { type Component, components, isFourVector } from "./four-vector.ts";

/** `{ ...m, pt: 1.02 * m.pt }`: of two fields of one name, the later one counts. */
export function checkRecord(tree: Extract<Tree, { kind: "record" }>, checker: Checker): Term {
  const fields = new Map<string, Term>();
  for (const { name, nameStart, value } of tree.parts) {
    const term = checker.check(value, checker);
    if (name === undefined) {
      const { fields: spread } = expectType(term, "record", value, "'...'");
      for (const each of spread.keys()) fields.set(each, fieldOf(checker.terms, term, each));
    } else {
      if ((components as readonly string[]).includes(name) && components.every((each) => fields.has(each))) {
        const message = `${name} cannot be set here: the four-vectors that were put together have different fields, such as mass and energy; set it in each of the lists, before concat`;
        throw new ExpressionError(message, nameStart);
      }
      if (term.type.kind === "tuple")
        throw new ExpressionError(`the field ${name} is ${describeType(term.type)}: take its members`, nameStart);
      fields.set(name, term);
    }
  }
  if (fields.size === 0) throw new ExpressionError("a record needs at least one field", tree.start);
  const types = new Map<string, Type>([...fields].map(([name, { type }]) => [name, type]));
  const record = recordOf(checker.terms, { kind: "record", name: "computed", fields: types, optional: false }, [...fields.values()]);
  const identity = identityOfLiteral(record);
  return identity ? identifiedAs(record, identity, checker) : record;
}

/** `record.p4` where the record has fields such as `p4_pt`: those of a struct in a struct, as a record. Undefined if it has none. */
export function partOf(record: Term, name: string, { terms }: Checker): Term | undefined {
  const { name: outer, fields, optional } = record.type as RecordType;
  const parts = [...fields.keys()].filter((field) => field.startsWith(`${name}_`) && field.length > name.length + 1);
  if (parts.length === 0) return undefined;
  const values = parts.map((field) => fieldOf(terms, record, field));
  const types = new Map<string, Type>(parts.map((field, index) => [field.slice(name.length + 1), values[index].type]));
  const isThere = optional ? [terms.make("is-present", boolean, [record])] : [];
  return recordOf(terms, { kind: "record", name: `${outer}.${name}`, fields: types, optional }, [...values, ...isThere]);
}

/** Two records reduced to the fields that both have; each keeps its identity. */
export function commonFields(one: Term, other: Term, offset: number, checker: Checker): readonly [Term, Term] {
  const common = commonValues(one, other, offset, checker);
  const [a, b] = ([one, other] as const).map((record, side) => {
    const { name, identity, optional } = record.type as RecordType;
    const values = common.map((each) => each[side === 0 ? 1 : 2]);
    const fields = new Map<string, Type>(common.map(([field], index) => [field, values[index].type]));
    const isThere = optional ? [checker.terms.make("is-present", boolean, [record])] : [];
    const made = recordOf(checker.terms, { kind: "record", name, fields, optional }, [...values, ...isThere]);
    return identity ? identifiedAs(made, identity, checker, [record]) : made;
  });
  return [a, b];
}

/**
 * The name and both values of each number, boolean and string that both records have. For four-vectors in different forms all components
 * are included, because the fields that both have do not determine the vector.
 */
export function commonValues(
  yes: Term,
  no: Term,
  offset: number,
  { terms, formulas }: Checker,
): readonly (readonly [string, Term, Term])[] {
  const [a, b] = [yes.type as RecordType, no.type as RecordType];
  const names = new Set<string>([...a.fields.keys(), ...b.fields.keys()].filter((name) => hasMember(a, name) && hasMember(b, name)));
  if (isFourVector(a) && isFourVector(b) && components.some((name) => a.fields.has(name) !== b.fields.has(name)))
    for (const name of components) names.add(name);
  const common = [...names].flatMap((name): [string, Term, Term][] => {
    const [one, other] = [yes, no].map((record) =>
      (record.type as RecordType).fields.has(name) ? fieldOf(terms, record, name) : formulas.component(record, name as Component),
    );
    return isScalar(one.type) && one.type.kind === other.type.kind ? [[name, one, other]] : [];
  });
  if (common.length === 0) throw new ExpressionError(`${describeType(a)} and ${describeType(b)} have no field in common`, offset);
  return common;
}

/** Gives a record an identity, so that it can be compared; `sources` are the terms that decide which element it is. */
export const identifiedAs = (record: Term, identity: readonly string[], { terms }: Checker, sources: readonly Term[] = [record]): Term =>
  terms.make("identified", { ...(record.type as RecordType), identity }, [record, ...sources]);

/** The identities of a record that is one of two. Undefined, which makes it incomparable, if there would be more than `mostIdentities`. */
export function unionOf(a: readonly string[] | undefined, b: readonly string[] | undefined): readonly string[] | undefined {
  const union = a && b && [...new Set([...a, ...b])].sort();
  return union && union.length <= mostIdentities ? union : undefined;
}

const mostIdentities = 64;
/** The most characters of one identity. */
const longestIdentity = 400;
const mostNames = 3;

/** The name of a record that is one of two. */
export function eitherName(a: string, b: string): string {
  const names = [...new Set(`${a} or ${b}`.split(" or "))];
  return names.length <= mostNames ? names.join(" or ") : "chosen";
}

/**
 * The identity of a record literal: the literal, and the element that it is made of. Undefined if it depends on several parameters, or on one
 * without identity.
 */
function identityOfLiteral(record: Term): readonly string[] | undefined {
  if (record.free === 0) return [`literal ${record.id}`];
  if ((record.free & (record.free - 1)) !== 0) return undefined;
  const param = reachable([record]).find(({ operation, free }) => operation === "param" && free === record.free);
  const { identity } = (param?.type ?? {}) as Partial<RecordType>;
  const made = identity?.map((each) => `literal ${record.id} of ${each}`);
  return made?.some((each) => each.length > longestIdentity) ? undefined : made;
}

const hasMember = (type: RecordType, name: string): boolean =>
  type.fields.has(name) || (isFourVector(type) && (components as readonly string[]).includes(name));
