/**
 * The arrays that a program reads, for one partition of n entries: flat content, and offsets for lists.
 * - `values`: one number per entry, or one per element of the collection; little-endian `dtype`.
 * - `valid`: one byte per value, 1 = present, 0 = missing; only for nullable columns.
 * - `offsets`: n + 1 uint32, the first 0: entry i of the collection is content [offsets[i], offsets[i + 1]).
 * In memory each starts at a multiple of 16 bytes and may be read up to 16 bytes past its end.
 */
import type { DType } from "./schema.ts";

export type Input =
  | { readonly kind: "values"; readonly column: string; readonly dtype: DType; readonly collection?: string }
  | { readonly kind: "valid"; readonly column: string; readonly collection?: string }
  | { readonly kind: "offsets"; readonly collection: string; readonly columns: readonly string[] };
