/** Which reads fetch some ranges of a file at the least cost. Pure. */
import type { ByteRange, JoinedReads } from "./source.ts";

/** One read: its pieces follow each other and do not overlap. */
export interface PlannedRead {
  readonly pieces: readonly ByteRange[];
}

type Limits = Pick<JoinedReads, "gap" | "most"> & Partial<Pick<JoinedReads, "atATime" | "mostStretches">>;

/**
 * Reads that cover all the ranges, each byte of them once, in the order in which the ranges first need them. A piece is a range, unless that is larger
 * than a read may be (it is then cut) or overlaps others (they are then one, and cut likewise). Empty ranges need nothing.
 *
 * Where a read may have several stretches, and there are more of them than reads that go on at a time, they are put together in as many reads.
 */
export function planReads(ranges: readonly ByteRange[], limits: Limits): readonly PlannedRead[] {
  const stretches = planStretches(ranges, limits);
  const { most, atATime = 1, mostStretches = 1 } = limits;
  const each = Math.min(mostStretches, Math.ceil(stretches.length / atATime));
  const reads: { pieces: ByteRange[]; bytes: number; stretches: number }[] = [];
  for (const { pieces } of stretches) {
    const last = reads.at(-1);
    const bytes = pieces.at(-1)!.end - pieces[0]!.start;
    if (last && last.stretches < each && last.bytes + bytes <= most) {
      last.pieces.push(...pieces);
      last.bytes += bytes;
      last.stretches++;
    } else reads.push({ pieces: [...pieces], bytes, stretches: 1 });
  }
  return reads.map(({ pieces }) => ({ pieces: pieces.sort((a, b) => a.start - b.start) }));
}

/** What is fetched of ranges that follow each other: with what lies between them, where that is not more than the gap. */
export function stretchesOf(ranges: readonly ByteRange[], gap: number): readonly ByteRange[] {
  const stretches: { start: number; end: number }[] = [];
  for (const { start, end } of ranges) {
    const last = stretches.at(-1);
    if (last && start - last.end <= gap) last.end = end;
    else stretches.push({ start, end });
  }
  return stretches;
}

/** Reads of one stretch each, in the order of need. */
function planStretches(ranges: readonly ByteRange[], { gap, most }: Pick<JoinedReads, "gap" | "most">): readonly PlannedRead[] {
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
