/** Reads ends of lists, and keeps them for all columns of a file that lie in the same lists. */
import type { ByteReader } from "../../sources/source.ts";
import type { PageRun } from "./locate-pages.ts";
import { elementsOf, readElements } from "./read-elements.ts";

/** A range of elements of a column in a cluster. */
export interface Range {
  readonly begin: number;
  readonly count: number;
}

/** Ends of consecutive lists, counted from `begin`, the first element of the first list. */
export interface Ends {
  readonly begin: number;
  readonly ends: Uint32Array;
}

/** The most bytes that are kept of one open file: enough for all collections of a partition of NanoAOD. */
const mostKept = 2 ** 24;

/** The kept ends of each open file; those used last come last. */
const known = new WeakMap<object, Map<string, Ends>>();

/** The ends of a range of lists; they never decrease. They are written to `given`; without it, the caller must not change the result. */
export async function readEnds(file: ByteReader, run: PageRun, range: Range, given?: Uint32Array): Promise<Ends> {
  const { begin, count } = range;
  if (begin + count > elementsOf(run)) throw new Error(`the ends of ${begin + count} lists are needed where there are ${elementsOf(run)}`);
  if (!run.column.isShared || run.pages.length === 0) return await decodeEnds(file, run, begin, given ?? new Uint32Array(count));
  const kept = keptOf(file.opened ?? file);
  const key = `${run.pages[0]} ${begin} ${count}`;
  const found = kept.get(key) ?? (await decodeEnds(file, run, begin, new Uint32Array(count)));
  kept.delete(key);
  kept.set(key, found);
  let bytes = [...kept.values()].reduce((sum, { ends }) => sum + ends.byteLength, 0);
  for (const [oldest, { ends }] of kept) {
    if (bytes <= mostKept) break;
    kept.delete(oldest);
    bytes -= ends.byteLength;
  }
  if (!given) return found;
  given.set(found.ends);
  return { begin: found.begin, ends: given };
}

function keptOf(file: object): Map<string, Ends> {
  const kept = known.get(file) ?? new Map<string, Ends>();
  known.set(file, kept);
  return kept;
}

async function decodeEnds(file: ByteReader, run: PageRun, begin: number, output: Uint32Array): Promise<Ends> {
  const before = new Uint32Array(1);
  if (begin > 0 && output.length > 0) await readElements(file, run, begin - 1, before);
  await readElements(file, run, begin, output);
  const first = before[0]!;
  let last = first;
  let falls = 0;
  for (let at = 0; at < output.length; at++) {
    const end = output[at]!;
    falls |= end < last ? 1 : 0;
    last = end;
    output[at] = end - first;
  }
  if (falls !== 0) throw new Error("a list ends before it begins");
  return { begin: first, ends: output };
}
