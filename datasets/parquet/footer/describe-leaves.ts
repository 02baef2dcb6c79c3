/**
 * Describes the leaves of a Parquet schema: their names, without groups that only form a list, and the meaning of their levels.
 *
 * Lists are found by the rules of the Parquet format ("Nested types", with its rules for older writers): three levels, two levels, and repeated fields without
 * annotation. Lists may contain lists, up to `mostListLevels` levels. A null list has no elements, like an empty one. If a struct is null, its fields are
 * missing and its lists are null. Maps are refused.
 */
import type { SchemaTree } from "hyparquet";
import { mostListLevels, tooDeep } from "../../format.ts";
import type { Levels } from "../column-chunk.ts";
import { type ValueType, valueTypeOf } from "./value-type.ts";

export interface LeafShape {
  readonly parts: readonly string[];
  /** The same as in `FileColumn`. */
  readonly lists: readonly number[];
  readonly levels: Levels;
  readonly type: ValueType;
}

interface Place {
  readonly parts: readonly string[];
  readonly definition: number;
  /** For each list around the leaf: how many of `parts` name it, the definition level of its elements, and the list's own. */
  readonly lists: readonly { readonly parts: number; readonly level: number; readonly present: number }[];
  readonly refused?: string;
}

/** Describes the leaves of a schema, in the order of the file's column chunks. */
export function describeLeaves(root: SchemaTree): LeafShape[] {
  const leaves: LeafShape[] = [];
  for (const child of root.children) visit(child, { parts: [child.element.name], definition: 0, lists: [] }, leaves);
  return leaves;
}

function visit(node: SchemaTree, outer: Place, leaves: LeafShape[]): void {
  const place = enter(node, outer);
  if (node.children.length === 0) {
    const isGroup = node.element.type === undefined;
    if (!isGroup) leaves.push(leafAt(node, place));
    return;
  }
  const annotation = node.element.logical_type?.type ?? node.element.converted_type;
  if (annotation === "MAP" || annotation === "MAP_KEY_VALUE") {
    visitFields(node, { ...place, refused: "is part of a map, which is not supported" }, leaves);
    return;
  }
  const repeated = annotation === "LIST" ? listedBy(node) : undefined;
  if (!repeated) {
    visitFields(node, place, leaves);
  } else if (isElement(repeated, node.element.name)) {
    visit(repeated, place, leaves);
  } else {
    visit(repeated.children[0]!, enter(repeated, place), leaves);
  }
}

function visitFields(node: SchemaTree, place: Place, leaves: LeafShape[]): void {
  for (const child of node.children) visit(child, { ...place, parts: [...place.parts, child.element.name] }, leaves);
}

/** Adds the node's own repetition to the levels. */
function enter(node: SchemaTree, place: Place): Place {
  const { repetition_type } = node.element;
  if (repetition_type === "REQUIRED") return place;
  const definition = place.definition + 1;
  if (repetition_type !== "REPEATED") return { ...place, definition };
  return { ...place, definition, lists: [...place.lists, { parts: place.parts.length, level: definition, present: place.definition }] };
}

function listedBy(node: SchemaTree): SchemaTree | undefined {
  const [child] = node.children;
  return node.children.length === 1 && child?.element.repetition_type === "REPEATED" ? child : undefined;
}

/** Whether the repeated group is itself the element, as older writers have it. */
function isElement(repeated: SchemaTree, list: string): boolean {
  const { name } = repeated.element;
  return repeated.children.length !== 1 || name === "array" || name === `${list}_tuple`;
}

function leafAt(node: SchemaTree, { parts, definition, lists, refused }: Place): LeafShape {
  const reason = refused ?? (lists.length > mostListLevels ? tooDeep : undefined);
  return {
    parts,
    lists: lists.map((list) => list.parts),
    levels: { maxDefinition: definition, elements: lists.map(({ level }) => level), present: lists.map(({ present }) => present) },
    type: reason === undefined ? valueTypeOf(node.element) : { kind: "unsupported", reason },
  };
}
