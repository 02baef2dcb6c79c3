/**
 * The arrays that a program reads, for one partition of n entries: flat content, and one array of offsets for each list.
 * - `values`: one number per entry, or one per element of the innermost of `lists`; little-endian `dtype`.
 * - `valid`: one byte per value, 1 = present, 0 = missing; only for nullable columns.
 * - `offsets` of the innermost of `lists`: uint32, the first 0, one more than there are entries or elements of the list
 *   around it; entry (or outer element) i has the elements [offsets[i], offsets[i + 1]).
 * In memory each starts at a multiple of 16 bytes and may be read up to 16 bytes past its end.
 */
import type { DType } from "./schema.ts";

export type Input =
  | { readonly kind: "values"; readonly column: string; readonly dtype: DType; readonly lists: readonly string[] }
  | { readonly kind: "valid"; readonly column: string; readonly lists: readonly string[] }
  | { readonly kind: "offsets"; readonly lists: readonly string[]; readonly columns: readonly string[] };

/** What an input is of, for messages: a column, or a list. */
export const nameOf = (input: Input): string => (input.kind === "offsets" ? input.lists[input.lists.length - 1] : input.column);
