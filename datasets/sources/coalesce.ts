/** Which reads fetch some ranges of a file at the least cost. Pure. */
import type { ByteRange, JoinedReads } from "./source.ts";

/** One read: its pieces follow each other and do not overlap. */
export interface PlannedRead {
  readonly pieces: readonly ByteRange[];
}

/**
 * Reads that cover all the ranges, each byte of them once, in the order in which the ranges first need them. A piece is a range, unless that is larger
 * than a read may be (it is then cut) or overlaps others (they are then one, and cut likewise). Empty ranges need nothing.
 */
export function planReads(ranges: readonly ByteRange[], { gap, most }: Pick<JoinedReads, "gap" | "most">): readonly PlannedRead[] {
  const reads: { pieces: ByteRange[]; need: number }[] = [];
  for (const { need, ...piece } of piecesOf(ranges, most)) {
    const last = reads.at(-1);
    const [first, before] = [last?.pieces[0], last?.pieces.at(-1)];
    if (last && piece.start - before!.end <= gap && piece.end - first!.start <= most) {
      last.pieces.push(piece);
      last.need = Math.min(last.need, need);
    } else reads.push({ pieces: [piece], need });
  }
  return reads.sort((a, b) => a.need - b.need).map(({ pieces }) => ({ pieces }));
}

/** In the order of the file; `need` is the place of the first range that a piece is for. */
function piecesOf(ranges: readonly ByteRange[], most: number): readonly (ByteRange & { readonly need: number })[] {
  const sorted = ranges.map(({ start, end }, need) => ({ start, end, need })).filter(({ start, end }) => end > start);
  sorted.sort((a, b) => a.start - b.start || a.need - b.need);
  const united: { start: number; end: number; need: number }[] = [];
  for (const range of sorted) {
    const last = united.at(-1);
    if (last && range.start < last.end) {
      last.end = Math.max(last.end, range.end);
      last.need = Math.min(last.need, range.need);
    } else united.push(range);
  }
  return united.flatMap(({ start, end, need }) =>
    Array.from({ length: Math.ceil((end - start) / most) }, (_, part) => {
      const from = start + part * most;
      return { start: from, end: Math.min(end, from + most), need };
    }),
  );
}
