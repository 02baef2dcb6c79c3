/**
 * From the tree of fields to columns: names without the fields that only make a list, and the steps to their values.
 *
 * Collections are lists, whatever class they were; arrays and bitsets are lists of equal lengths; optionals make what is in them missing, and lists in
 * them empty. Records give names only. Enums and atomics are what they hold. Variants and objects that ROOT streams are refused.
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

/** With the base classes by way of which it is reached. */
type FoundField = DescribedField & Pick<Place, "bases">;

interface Place {
  readonly parts: readonly string[];
  readonly lists: readonly number[];
  readonly steps: readonly Step[];
  /** Classes of which the record that it is in is derived, by way of which it comes. */
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
  /** Columns of each field, its own or those that it shows of others. */
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

  /** A collection without a type whose columns are all shown by other fields, as imported NanoAOD has them: it would only repeat them. */
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
        // Base classes are records without a name of their own.
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
    const why = whyNoEnds(ends) ?? (children.length === 0 ? "is a list of nothing" : undefined);
    if (why !== undefined) this.#refuse(place, why);
    else if (type.startsWith("std::optional<") || type.startsWith("std::unique_ptr<")) {
      this.#visitChildren(children, { ...place, steps: [...place.steps, { kind: "optional", ends }] }, depth);
    } else {
      const inner = children.flatMap((child) => this.#counted(child, 1, depth));
      this.#visitChildren(children, listed(place, { kind: "list", ends, inner: few(inner) }), depth);
    }
  }

  /** They have no name where there is one of them; several are fields. */
  #visitChildren(children: readonly number[], place: Place, depth: number): void {
    for (const child of children) {
      this.#visit(child, children.length === 1 ? place : { ...place, parts: [...place.parts, this.#fields[child]!.name] }, depth);
    }
  }

  /** The columns with elements for each element that a field stands in. */
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

/** Fields of one name that come by way of different base classes get the first different one before their name: `Child::x`. */
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
 * The full name is the file's. ATLAS names columns by collection and field with a colon between them (points are not allowed there), where others have
 * records: so these are parts.
 */
function namesOf(parts: readonly string[], lists: readonly number[]): Pick<DescribedField, "name" | "parts" | "lists"> {
  const name = parts.join(".");
  const [first, ...rest] = parts;
  const split = first!.split(":");
  if (split.length !== 2 || split.includes("")) return { name, parts, lists };
  return { name, parts: [...split, ...rest], lists: lists.map((count) => count + 1) };
}

/** The forms of the first column of a field, or of its second. */
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

function whyNoEnds(ends: Forms): string | undefined {
  if (ends.length === 0) return "is a collection that does not say where its lists end";
  return ends.map(whyUnreadable).find((why) => why !== undefined) ?? (ends.every((form) => encodingOf(form).isIndex) ? undefined : misfit);
}

/** One that always has all elements tells enough; where all were added later, each may. */
function few(counted: readonly Counted[]): readonly Counted[] {
  const whole = counted.find(({ forms }) => !forms.some(({ isDeferred }) => isDeferred));
  return whole ? [whole] : counted;
}
