/** Bounds: what is known of a value of any type without reading it. */
import { anyNumber, anyTruth, eitherNumber, eitherTruth, type NumberBounds, noNumber, type TruthBounds } from "./number-bounds.ts";

/** Bounds of a partition's columns and lists, as far as they are known. */
export interface KnownBounds {
  /** Bounds of all values of a column, in lists or not; booleans count as 0 and 1. */
  column(name: string): NumberBounds | undefined;
  /** Bounds of the lengths of the lists of this name. */
  list?(name: string): LengthBounds | undefined;
}

export interface LengthBounds {
  readonly low: number;
  readonly high: number;
}

export interface ListBounds {
  readonly kind: "list";
  readonly length: LengthBounds;
  readonly element: Bounds;
  readonly missing: boolean;
}

export type Bounds =
  | ({ readonly kind: "number" } & NumberBounds)
  | ({ readonly kind: "truth" } & TruthBounds)
  | ListBounds
  | { readonly kind: "record"; readonly field: (name: string) => Bounds; readonly missing: boolean }
  | { readonly kind: "tuple"; readonly members: readonly Bounds[]; readonly missing: boolean }
  | { readonly kind: "anything" };

export const anything: Bounds = { kind: "anything" };
export const anyLength: LengthBounds = { low: 0, high: Number.POSITIVE_INFINITY };

export const numberIn = (bounds: Bounds): NumberBounds => (bounds.kind === "number" ? bounds : anyNumber);
export const truthIn = (bounds: Bounds): TruthBounds => (bounds.kind === "truth" ? bounds : anyTruth);
export const listIn = (bounds: Bounds): ListBounds =>
  bounds.kind === "list" ? bounds : { kind: "list", length: anyLength, element: anything, missing: true };

export const mayMiss = (bounds: Bounds): boolean => bounds.kind === "anything" || bounds.missing;

export const orMissing = (bounds: Bounds): Bounds => (bounds.kind === "anything" ? bounds : { ...bounds, missing: true });

/** The bounds of a value that is known not to be missing. */
export const present = (bounds: Bounds): Bounds => (bounds.kind === "anything" ? bounds : { ...bounds, missing: false });

/** The bounds of a value of this kind that is always missing. */
export function alwaysMissing(bounds: Bounds): Bounds {
  if (bounds.kind === "number") return { kind: "number", ...noNumber, missing: true };
  if (bounds.kind === "truth") return { kind: "truth", yes: false, no: false, missing: true };
  return orMissing(bounds);
}

/** The bounds of a value that is one of two. */
export function either(a: Bounds, b: Bounds): Bounds {
  if (a.kind === "number" && b.kind === "number") return { kind: "number", ...eitherNumber(a, b) };
  if (a.kind === "truth" && b.kind === "truth") return { kind: "truth", ...eitherTruth(a, b) };
  if (a.kind === "record" && b.kind === "record")
    return { kind: "record", field: (name) => either(a.field(name), b.field(name)), missing: a.missing || b.missing };
  if (a.kind === "tuple" && b.kind === "tuple" && a.members.length === b.members.length)
    return { kind: "tuple", members: a.members.map((member, index) => either(member, b.members[index])), missing: a.missing || b.missing };
  if (a.kind !== "list" || b.kind !== "list") return anything;
  const length = { low: Math.min(a.length.low, b.length.low), high: Math.max(a.length.high, b.length.high) };
  return { kind: "list", length, element: either(a.element, b.element), missing: a.missing || b.missing };
}
