/** How the values of a field are reached: the `stored` of a `FileColumn`. JSON. */

/** The parts of a column that decoding needs. */
export interface StoredColumn {
  readonly id: number;
  readonly type: number;
  readonly bits: number;
  /** The least and the largest value of quantised numbers. */
  readonly range?: readonly [number, number];
  /** Whether its first elements may be 0 and not stored. */
  readonly isDeferred?: true;
  /** Whether several fields use these ends of lists. */
  readonly isShared?: true;
}

/** The forms of a column. Each cluster has pages of one of them. */
export type Forms = readonly StoredColumn[];

/** A column that has `times` elements for each element of a list (or for each entry); it serves to count these. */
export interface Counted {
  readonly forms: Forms;
  readonly times: number;
}

/** A step from an entry inwards to its values. */
export type Step =
  /** A list. `ends` has the ends of lists; `inner` has columns whose lengths tell the total number of elements; the largest counts. */
  | { readonly kind: "list"; readonly ends: Forms; readonly inner: readonly Counted[] }
  /** Lists of one fixed length. */
  | { readonly kind: "array"; readonly length: number }
  /** A list of at most one element, which is missing if the list is empty. */
  | { readonly kind: "optional"; readonly ends: Forms };

export interface StoredField {
  readonly kind: "field";
  /** The number, from 1, of its RNTuple if several are read as one; absent for the first. */
  readonly ntuple?: number;
  readonly steps: readonly Step[];
  /**
   * `number`: the values are the column's elements. `lengths`: the elements are ends of lists, whose lengths are the values. `text`: the elements
   * are ends of strings in `characters`.
   */
  readonly value: { readonly kind: "number" | "lengths" | "text"; readonly forms: Forms; readonly characters?: Forms };
}

/** For each list of the field, outermost first, whether it may be null, that is, whether it lies directly in an optional. */
export function nullableLists({ steps }: Pick<StoredField, "steps">): readonly boolean[] {
  let isOptional = false;
  return steps.flatMap(({ kind }) => {
    const may = isOptional;
    isOptional = kind === "optional";
    return kind === "optional" ? [] : [may];
  });
}

/** Marks with `isShared` the columns of list ends that several fields use. */
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
