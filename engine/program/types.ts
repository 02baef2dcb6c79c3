/** The types of expressions. An optional value may be missing. */

export type Type = NumberType | { readonly kind: "boolean" | "string"; readonly optional: boolean } | RecordType | TupleType | ListType;

/**
 * `long`: a 64-bit integer of the file, which is compared exactly. `isRounded`: such an integer may exceed 2^53, so converting it to float64 rounds it;
 * without `long` it is converted already. The results of computing with either are ordinary numbers.
 */
export interface NumberType {
  readonly kind: "number";
  readonly optional: boolean;
  readonly long?: Long;
  readonly isRounded?: true;
}

export type Long = "int64" | "uint64";

export interface TupleType {
  readonly kind: "tuple";
  readonly members: readonly Type[];
  readonly optional: boolean;
}

export interface ListType {
  readonly kind: "list";
  readonly element: Type;
  readonly optional?: boolean;
}

/**
 * `origin`: the schema's list of which the record is an element; its fields are columns then. `identity`: what the record may be an element of, if such
 * records can be compared: lists of the schema, and record literals made from the elements of one.
 */
export interface RecordType {
  readonly kind: "record";
  readonly name: string;
  readonly fields: ReadonlyMap<string, Type>;
  readonly origin?: string;
  readonly identity?: readonly string[];
  readonly optional: boolean;
}

export const number: NumberType = { kind: "number", optional: false };
export const boolean: Type = { kind: "boolean", optional: false };
export const string: Type = { kind: "string", optional: false };

export const isOptional = (type: Type): boolean => type.optional === true;

export function withOptional(type: Type, optional: boolean): Type {
  return isOptional(type) === optional ? type : { ...type, optional };
}

export const isRounded = (type: Type): boolean => type.kind === "number" && type.isRounded === true;

/** Whether a number is an int64 or a uint64; undefined for all other types. */
export const longOf = (type: Type): Long | undefined => (type.kind === "number" ? type.long : undefined);

const rangeOf: Readonly<Record<Long, readonly [least: bigint, most: bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** Whether the integer is in the range of this type. */
export const fits = (value: bigint, long: Long): boolean => value >= rangeOf[long][0] && value <= rangeOf[long][1];

/** Whether a value is a number, boolean or string, and not a record, tuple or list. */
export const isScalar = ({ kind }: Type): boolean => kind === "number" || kind === "boolean" || kind === "string";

/** The type of a value that is one of two values, which are both numbers, both booleans or both strings. */
export function eitherOf(one: Type, other: Type): Type {
  if (one.kind !== "number") return one;
  const long = longOf(one) === longOf(other) ? one.long : undefined;
  const rounds = { isRounded: true } as const;
  return { kind: "number", optional: one.optional, ...(long && { long }), ...((isRounded(one) || isRounded(other)) && rounds) };
}

const keys = new WeakMap<Type, string>();

/** A text that is equal for types that are the same in all their parts. */
export function typeKey(type: Type): string {
  const key = keys.get(type) ?? writeKey(type);
  keys.set(type, key);
  return key;
}

function writeKey(type: Type): string {
  const optional = isOptional(type) ? "?" : "";
  switch (type.kind) {
    case "number":
      return `${type.isRounded ? "rounded " : ""}${type.long ?? "number"}${optional}`;
    case "boolean":
    case "string":
      return `${type.kind}${optional}`;
    case "record":
      return `${JSON.stringify([type.name, type.origin, type.identity, ...[...type.fields].map(([name, field]) => [name, typeKey(field)])])}${optional}`;
    case "tuple":
      return `(${type.members.map(typeKey).join(",")})${optional}`;
    case "list":
      return `[${typeKey(type.element)}]${optional}`;
  }
}

/** Describes a type for messages, such as "a number" or "a list of Muon records". */
export function describeType(type: Type): string {
  switch (type.kind) {
    case "number":
      return type.optional ? "a number that may be missing" : "a number";
    case "boolean":
    case "string":
      return `a ${type.kind}${type.optional ? " that may be missing" : ""}`;
    case "record":
      return `${/^[aeiou]/i.test(type.name) ? "an" : "a"} ${type.name} record${type.optional ? " that may be missing" : ""}`;
    case "tuple":
      return `a tuple of ${type.members.length}`;
    case "list":
      return `a list of ${describePlural(type.element)}${type.optional ? " that may be missing" : ""}`;
  }
}

function describePlural(type: Type): string {
  switch (type.kind) {
    case "number":
    case "boolean":
    case "string":
      return `${type.kind}s`;
    case "record":
      return `${type.name} records`;
    case "tuple":
      return `${type.members.length}-tuples`;
    case "list":
      return `lists of ${describePlural(type.element)}`;
  }
}
