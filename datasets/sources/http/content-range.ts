/** Parses the header `Content-Range` (RFC 9110, section 14.4). */
import type { ByteRange } from "../source.ts";

export interface ContentRange extends ByteRange {
  /** The size of the whole file; undefined if the server does not tell it. */
  readonly size: number | undefined;
}

/** Undefined if the text is no range of bytes. */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(text ?? "") ?? [];
  if (first === undefined || Number(last) < Number(first)) return undefined;
  return { start: Number(first), end: Number(last) + 1, size: size === "*" ? undefined : Number(size) };
}
