/** What the generators of expressions and of lists tell each other of what they made. */
import type { Seeded } from "../seeded.ts";
import type { Piece } from "./piece.ts";
import type { RecordKind } from "./record-kinds.ts";

export type Element =
  | { readonly kind: "number" | "boolean" | "string" }
  | { readonly kind: "record"; readonly record: RecordKind }
  | { readonly kind: "tuple"; readonly member: Element; readonly size: number }
  | { readonly kind: "list"; readonly element: Element };

export interface ListPiece<Of extends Element = Element> {
  readonly piece: Piece;
  readonly element: Of;
}

export interface Name {
  readonly name: string;
  readonly element: Element;
}

/** The generator of the expressions that lists are made of. */
export interface ElementGenerator {
  readonly random: Seeded;
  readonly missing: boolean;
  /** The names that an expression may use where it stands. */
  names: readonly Name[];
  known(kind: Element["kind"]): readonly Name[];
  number(fuel: number): Piece;
  boolean(fuel: number): Piece;
  string(fuel: number): Piece;
  record(fuel: number): { readonly piece: Piece; readonly kind: RecordKind };
  literal(fuel: number): { readonly piece: Piece; readonly kind: RecordKind };
}

/** `p[0]`, `p[1]`, … of a tuple. */
export function membersOf({ name, element }: Name): readonly Name[] {
  if (element.kind !== "tuple") return [];
  return Array.from({ length: element.size }, (_, place) => ({ name: `${name}[${place}]`, element: element.member }));
}
