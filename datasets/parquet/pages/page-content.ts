/** Opens a page: its decompressed content in the kernels' area, with space behind it for what is decoded from it. */
import type { CompressionCodec } from "hyparquet";
import { copyAlignment } from "../../copy-bytes.ts";
import { isInArea, type Kernels, slack, takeArea } from "../../kernels/kernels.ts";
import { decompressInto, worksInArea } from "./decompress.ts";
import type { Page } from "./read-pages.ts";

/** The decompressed content of a page. It is valid until the area is taken again. */
export interface PageContent {
  /** The bytes, in the area, with slack behind them. */
  readonly bytes: Uint8Array;
  readonly kernels: Kernels;
  /**
   * Takes this many further bytes of the area, with slack behind them. They must be among those reserved by `room`, and their content is undefined.
   * They are aligned for every type of number or, if they will be copied to `target`, as `copyBytes` copies fastest.
   */
  take(bytes: number, target?: ArrayBufferView): Uint8Array;
}

/** Rounds up sizes so that the next part is aligned for every type of number. */
const padded = (bytes: number) => Math.ceil((bytes + copyAlignment + slack) / 64) * 64;

/** Opens a page. `room` lists the sizes that will be taken, in bytes. */
export function openPage(
  { body, bare, size, isCompressed }: Omit<Page, "kind" | "count" | "encoding">,
  codec: CompressionCodec,
  room: readonly number[],
): PageContent {
  const used = isCompressed ? codec : "UNCOMPRESSED";
  const isThere = isInArea(body);
  const [bodyAt, bodyEnd] = [body.byteOffset, body.byteOffset + body.length];
  const stored = worksInArea(used) && !isThere ? body.length - bare : 0;
  const area = takeArea([stored, size, ...room].reduce((sum, bytes) => sum + padded(bytes), 0));
  let at = area.base;
  const take = (bytes: number, target?: ArrayBufferView) => {
    const start = target ? at + (target.byteOffset % copyAlignment) : at;
    const taken = area.bytes.subarray(start, start + bytes);
    at += padded(bytes);
    return taken;
  };
  // A body that lies in the area may have become invalid when the area was taken.
  const whole = isThere ? area.bytes.subarray(bodyAt, bodyEnd) : body;
  if (isThere && used === "UNCOMPRESSED" && size === whole.length) return { bytes: whole, kernels: area.kernels, take };
  const packed = stored > 0 ? take(stored) : whole.subarray(bare);
  if (stored > 0) packed.set(whole.subarray(bare));
  const bytes = take(size);
  bytes.set(whole.subarray(0, bare));
  decompressInto(used, packed, bytes.subarray(bare));
  return { bytes, kernels: area.kernels, take };
}
