/** The types by which the generators of expressions and of lists describe what they made. */
import type { Seeded } from "../../seeded.ts";
import type { Piece } from "./piece.ts";
import type { Element, RecordKind } from "./record-kinds.ts";

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
  /** The names that an expression may use at its place. */
  names: readonly Name[];
  known(kind: Element["kind"]): readonly Name[];
  number(fuel: number): Piece;
  boolean(fuel: number): Piece;
  string(fuel: number): Piece;
  record(fuel: number): { readonly piece: Piece; readonly kind: RecordKind };
  literal(fuel: number): { readonly piece: Piece; readonly kind: RecordKind };
}

/** `p[0]`, `p[1]`, … of a tuple, and of those that are in it. */
export function membersOf({ name, element }: Name): readonly Name[] {
  if (element.kind !== "tuple") return [];
  return element.members.flatMap((member, place) => {
    const own: Name = { name: `${name}[${place}]`, element: member };
    return [own, ...membersOf(own)];
  });
}
