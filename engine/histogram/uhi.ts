/** A histogram in the unified histogram interface's JSON form (github.com/scikit-hep/uhi, histogram.schema.json, version 1). */
export interface UhiHistogram {
  readonly uhi_schema: 1;
  readonly writer_info?: WriterInfo;
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  readonly axes: readonly UhiAxis[];
  readonly storage: UhiStorage;
}

/** Information for other libraries, by the name of the library that writes it or for which it is written. */
type WriterInfo = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type UhiAxis = { readonly metadata?: Readonly<Record<string, string>>; readonly writer_info?: WriterInfo } & (
  | {
      readonly type: "regular";
      readonly lower: number;
      readonly upper: number;
      readonly bins: number;
      readonly underflow: boolean;
      readonly overflow: boolean;
      readonly circular: boolean;
    }
  | {
      readonly type: "variable";
      readonly edges: readonly number[];
      readonly underflow: boolean;
      readonly overflow: boolean;
      readonly circular: boolean;
    }
  | { readonly type: "category_int"; readonly categories: readonly number[]; readonly flow: boolean }
  | { readonly type: "category_str"; readonly categories: readonly string[]; readonly flow: boolean }
  | { readonly type: "boolean" }
);

/** Dense nested lists, axis 0 outermost, flow bins included; a single number without axes. */
export type Nested = number | readonly Nested[];
export type UhiStorage =
  | { readonly type: "int"; readonly values: Nested }
  | { readonly type: "weighted"; readonly values: Nested; readonly variances: Nested }
  /** The means and the variances of the samples. */
  | { readonly type: "mean"; readonly counts: Nested; readonly values: Nested; readonly variances: Nested }
  | {
      readonly type: "weighted_mean";
      readonly sum_of_weights: Nested;
      readonly sum_of_weights_squared: Nested;
      readonly values: Nested;
      readonly variances: Nested;
    };
