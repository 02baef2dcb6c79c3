/** How the values of a field are reached: `stored` of a `FileColumn`. JSON. */

/** A column as far as decoding needs it. */
export interface StoredColumn {
  readonly id: number;
  readonly type: number;
  readonly bits: number;
  /** Least and largest value of quantised numbers. */
  readonly range?: readonly [number, number];
  /** Its first elements are 0 and stand nowhere. */
  readonly isDeferred?: true;
  /** Several fields are reached by it: where lists end that several have. */
  readonly isShared?: true;
}

/** The forms of a column: each cluster has pages of one of them. */
export type Forms = readonly StoredColumn[];

/** Columns that have `times` elements for each element of a list (or entry), by which these are counted. */
export interface Counted {
  readonly forms: Forms;
  readonly times: number;
}

/** From the entry on inwards. */
export type Step =
  /** `ends` tells where lists end; what tells how many elements they have together is in `inner`: the largest. */
  | { readonly kind: "list"; readonly ends: Forms; readonly inner: readonly Counted[] }
  /** As many in each. */
  | { readonly kind: "array"; readonly length: number }
  /** A list of at most one, which is missing where it has none. */
  | { readonly kind: "optional"; readonly ends: Forms };

export interface StoredField {
  readonly kind: "field";
  /** Of which of several RNTuples that are read as one, from 1 on; absent for the first. */
  readonly ntuple?: number;
  readonly steps: readonly Step[];
  /** `lengths`: how long the lists are that the column's elements are ends of. `text`: its elements are ends of strings in `characters`. */
  readonly value: { readonly kind: "number" | "lengths" | "text"; readonly forms: Forms; readonly characters?: Forms };
}

/** For each of its lists, outermost first, whether it may be null: an optional holds it, or what it is in. */
export function nullableLists({ steps }: Pick<StoredField, "steps">): readonly boolean[] {
  let isOptional = false;
  return steps.flatMap(({ kind }) => {
    const may = isOptional;
    isOptional = kind === "optional";
    return kind === "optional" ? [] : [may];
  });
}

/** Of the columns that tell where lists end, those that several fields are reached by say so. */
export function markShared(fields: readonly StoredField[]): StoredField[] {
  const uses = new Map<number, number>();
  for (const { steps, value } of fields) {
    for (const { id } of [
      ...steps.flatMap((step) => (step.kind === "array" ? [] : step.ends)),
      ...(value.kind === "lengths" ? value.forms : []),
    ]) {
      uses.set(id, (uses.get(id) ?? 0) + 1);
    }
  }
  const marked = (forms: Forms): Forms => forms.map((form) => (uses.get(form.id)! > 1 ? { ...form, isShared: true } : form));
  return fields.map(({ kind, steps, value }) => ({
    kind,
    steps: steps.map((step) => (step.kind === "array" ? step : { ...step, ends: marked(step.ends) })),
    value: value.kind === "lengths" ? { ...value, forms: marked(value.forms) } : value,
  }));
}
