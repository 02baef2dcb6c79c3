/** Plans the reads that fetch some ranges of a file at the least cost. Pure. */
import type { ByteRange, JoinedReads } from "./source.ts";

/** One read. Its pieces are in ascending order and do not overlap. */
export interface PlannedRead {
  readonly pieces: readonly ByteRange[];
}

type Limits = Pick<JoinedReads, "gap" | "most"> & Partial<Pick<JoinedReads, "atATime" | "mostStretches">>;

/**
 * Reads that cover each byte of the ranges once, in the order in which the ranges first need them. A piece is one range; overlapping ranges become one
 * piece, and pieces larger than a read may be are cut. Empty ranges need no read.
 *
 * A stretch is a part of the file that is fetched as a whole. If there are more stretches than reads at a time, and a read may have several stretches,
 * they are shared out among that many reads.
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

/** Joins ascending ranges into stretches: ranges with at most `gap` bytes between them are fetched together with these bytes. */
export function stretchesOf(ranges: readonly ByteRange[], gap: number): readonly ByteRange[] {
  const stretches: { start: number; end: number }[] = [];
  for (const { start, end } of ranges) {
    const last = stretches.at(-1);
    if (last && start - last.end <= gap) last.end = end;
    else stretches.push({ start, end });
  }
  return stretches;
}

/** Reads of one stretch each, in the order in which they are first needed. */
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

/** The pieces in the order of the file. `need` is the index of the first range that needs the piece. */
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
