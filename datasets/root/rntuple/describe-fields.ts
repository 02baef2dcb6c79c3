/**
 * Turns the tree of fields into columns: their names, without fields that only make a list, and the steps to their values.
 *
 * All collections become lists; arrays and bitsets become lists of equal length. An empty optional makes the value in it missing, and a list in it null.
 * Records only add to names. Enums and atomics become the value inside. Variants and objects that ROOT streams are refused.
 */
import type { DType } from "../../../engine/program/schema.ts";
import { dtypeOf, encodingOf, isLong, whyUnreadable } from "./column-types.ts";
import { type Field, type NtupleSchema, type PhysicalColumn, roles } from "./schema.ts";
import { type Counted, type Forms, markShared, type Step, type StoredField } from "./stored-field.ts";

export interface DescribedField {
  readonly name: string;
  readonly parts: readonly string[];
  /** As in `FileColumn`. */
  readonly lists: readonly number[];
  readonly content:
    | { readonly dtype: DType; readonly isNullable: boolean; readonly isRounded: boolean; readonly stored: StoredField }
    | { readonly refused: string };
}

/** A field, with the base classes through which it is reached. */
type FoundField = DescribedField & Pick<Place, "bases">;

interface Place {
  readonly parts: readonly string[];
  readonly lists: readonly number[];
  readonly steps: readonly Step[];
  /** The base classes through which the field is inherited. */
  readonly bases: readonly string[];
}

const mostDepth = 64;
const charType = 2;
const misfit = "has columns that do not fit together";

export function describeFields(schema: NtupleSchema): DescribedField[] {
  return new FieldTree(schema).describe();
}

class FieldTree {
  readonly #fields: readonly Field[];
  readonly #children: number[][];
  /** The columns of each field: its own, or for a projected field those of others. */
  readonly #columns: PhysicalColumn[][];
  readonly #shown: ReadonlySet<number>;
  readonly #found: FoundField[] = [];

  constructor({ fields, columns, aliases }: NtupleSchema) {
    this.#fields = fields;
    this.#children = fields.map(() => []);
    for (const [index, { parent }] of fields.entries()) if (parent !== index) this.#children[parent]!.push(index);
    this.#columns = fields.map(() => []);
    for (const column of columns) this.#columns[column.field]!.push(column);
    for (const { field, column } of aliases) this.#columns[field]!.push(columns[column]!);
    this.#shown = new Set(aliases.map(({ column }) => column));
  }

  describe(): DescribedField[] {
    for (const [index, { parent, name }] of this.#fields.entries()) {
      if (parent === index && !this.#isSource(index)) this.#visit(index, { parts: [name], lists: [], steps: [], bases: [] }, 0);
    }
    return withClassNames(withShared(this.#found));
  }

  /** Whether this is a collection without a type whose columns all belong to projected fields, too, as in imported NanoAOD. It would only repeat them. */
  #isSource(index: number): boolean {
    const { role, type } = this.#fields[index]!;
    return role === roles.collection && type === "" && this.#isShown(index, 0);
  }

  #isShown(index: number, depth: number): boolean {
    return (
      depth < mostDepth &&
      this.#columns[index]!.every(({ id }) => this.#shown.has(id)) &&
      this.#children[index]!.every((child) => this.#isShown(child, depth + 1))
    );
  }

  #visit(index: number, place: Place, depth: number): void {
    const { role, type, repetition } = this.#fields[index]!;
    const children = this.#children[index]!;
    const why = depth < mostDepth ? whyRefused(role, type) : "is nested too deep";
    if (why !== undefined) this.#refuse(place, why);
    else if (role === roles.collection) this.#visitCollection(index, place, depth + 1);
    else if (role === roles.record) {
      for (const child of children) {
        const { name, type: base } = this.#fields[child]!;
        // Base classes are records that add no name.
        const inside = name.startsWith(":_") ? { ...place, bases: [...place.bases, base] } : { ...place, parts: [...place.parts, name] };
        this.#visit(child, inside, depth + 1);
      }
    } else {
      const inside = repetition > 0 ? listed(place, { kind: "array", length: repetition }) : place;
      if (children.length === 0) this.#addLeaf(index, inside);
      else this.#visitChildren(children, inside, depth + 1);
    }
  }

  #visitCollection(index: number, place: Place, depth: number): void {
    const ends = formsOf(this.#columns[index]!, 0);
    const children = this.#children[index]!;
    const { type } = this.#fields[index]!;
    const why = whyEndsUnreadable(ends) ?? (children.length === 0 ? "is a list of nothing" : undefined);
    if (why !== undefined) this.#refuse(place, why);
    else if (type.startsWith("std::optional<") || type.startsWith("std::unique_ptr<")) {
      this.#visitChildren(children, { ...place, steps: [...place.steps, { kind: "optional", ends }] }, depth);
    } else {
      const inner = children.flatMap((child) => this.#counted(child, 1, depth));
      this.#visitChildren(children, listed(place, { kind: "list", ends, inner: enoughToCount(inner) }), depth);
    }
  }

  /** Visits children; a single child adds no name, several add theirs. */
  #visitChildren(children: readonly number[], place: Place, depth: number): void {
    for (const child of children) {
      this.#visit(child, children.length === 1 ? place : { ...place, parts: [...place.parts, this.#fields[child]!.name] }, depth);
    }
  }

  /** The columns with a fixed number of elements (`times`) for each element of the list around a field. */
  #counted(index: number, times: number, depth: number): Counted[] {
    if (depth >= mostDepth) return [];
    const { repetition } = this.#fields[index]!;
    const own = formsOf(this.#columns[index]!, 0);
    const repeated = times * Math.max(1, repetition);
    if (own.length > 0) return [{ forms: own, times: repeated }];
    return this.#children[index]!.flatMap((child) => this.#counted(child, repeated, depth + 1));
  }

  #addLeaf(index: number, { parts, lists, steps, bases }: Place): void {
    const columns = this.#columns[index]!;
    const isNullable = steps.at(-1)?.kind === "optional";
    this.#found.push({
      ...namesOf(parts, lists),
      bases,
      content: contentOf(formsOf(columns, 0), formsOf(columns, 1), { steps, isNullable }),
    });
  }

  #refuse({ parts, lists, bases }: Place, refused: string): void {
    this.#found.push({ ...namesOf(parts, lists), bases, content: { refused } });
  }
}

function contentOf(
  forms: Forms,
  characters: Forms,
  { steps, isNullable }: { readonly steps: readonly Step[]; readonly isNullable: boolean },
): DescribedField["content"] {
  const why = forms.length === 0 ? "has no columns" : [...forms, ...characters].map(whyUnreadable).find((each) => each !== undefined);
  if (why !== undefined) return { refused: why };
  const ends = forms.filter((form) => encodingOf(form).isIndex).length;
  if (ends === 0 && characters.length === 0) {
    const value = { kind: "number", forms } as const;
    return { dtype: dtypeOf(forms), isNullable, isRounded: isLong(forms), stored: { kind: "field", steps, value } };
  }
  if (ends !== forms.length || characters.some(({ type }) => type !== charType)) return { refused: misfit };
  if (characters.length === 0) {
    return { dtype: "uint32", isNullable, isRounded: false, stored: { kind: "field", steps, value: { kind: "lengths", forms } } };
  }
  return { dtype: "string", isNullable, isRounded: false, stored: { kind: "field", steps, value: { kind: "text", forms, characters } } };
}

function whyRefused(role: number, type: string): string | undefined {
  if (role === roles.variant) return `is a variant (${type}), which is not supported`;
  if (role === roles.streamer) return `is an object of class ${type} that is streamed as a whole, which is not supported`;
  return role === roles.leaf || role === roles.collection || role === roles.record ? undefined : `is a field of the unknown kind ${role}`;
}

function withShared(found: readonly FoundField[]): FoundField[] {
  const marked = markShared(found.flatMap(({ content }) => ("stored" in content ? [content.stored] : [])))[Symbol.iterator]();
  return found.map((field) =>
    "stored" in field.content ? { ...field, content: { ...field.content, stored: marked.next().value! } } : field,
  );
}

/** Prefixes fields of one name that are inherited through different base classes with the first differing class: `Child::x`. */
function withClassNames(found: readonly FoundField[]): DescribedField[] {
  const byName = new Map<string, FoundField[]>();
  for (const field of found) byName.set(field.name, [...(byName.get(field.name) ?? []), field]);
  return found.map(({ bases, ...field }) => {
    const same = byName.get(field.name)!;
    const level = bases.findIndex((base, at) => same.some((other) => other.bases[at] !== base));
    if (same.length === 1 || level < 0) return field;
    const last = field.parts.at(-1)!;
    const named = `${bases[level]}::${last}`;
    return { ...field, parts: [...field.parts.slice(0, -1), named], name: field.name.slice(0, -last.length) + named };
  });
}

function listed(place: Place, step: Step): Place {
  return { ...place, lists: [...place.lists, place.parts.length], steps: [...place.steps, step] };
}

/**
 * The full name as in the file, and its parts. ATLAS joins collection and field with a colon, since points are not allowed there. Such a name has two
 * parts, as if it were a record.
 */
function namesOf(parts: readonly string[], lists: readonly number[]): Pick<DescribedField, "name" | "parts" | "lists"> {
  const name = parts.join(".");
  const [first, ...rest] = parts;
  const split = first!.split(":");
  if (split.length !== 2 || split.includes("")) return { name, parts, lists };
  return { name, parts: [...split, ...rest], lists: lists.map((count) => count + 1) };
}

/** The forms of the first column (`position` 0) or second column (1) of a field. */
function formsOf(columns: readonly PhysicalColumn[], position: number): Forms {
  const byForm = new Map<number, PhysicalColumn[]>();
  for (const column of columns) byForm.set(column.representation, [...(byForm.get(column.representation) ?? []), column]);
  return [...byForm.values()].flatMap((form) => {
    const column = form[position];
    if (!column) return [];
    const { id, type, bits, range, isDeferred } = column;
    return [{ id, type, bits, ...(range && { range }), ...(isDeferred && { isDeferred }) }];
  });
}

function whyEndsUnreadable(ends: Forms): string | undefined {
  if (ends.length === 0) return "is a collection that does not say where its lists end";
  return ends.map(whyUnreadable).find((why) => why !== undefined) ?? (ends.every((form) => encodingOf(form).isIndex) ? undefined : misfit);
}

/** One column that has all elements in every cluster is enough to count them. If all were added later, all are needed. */
function enoughToCount(counted: readonly Counted[]): readonly Counted[] {
  const whole = counted.find(({ forms }) => !forms.some(({ isDeferred }) => isDeferred));
  return whole ? [whole] : counted;
}
