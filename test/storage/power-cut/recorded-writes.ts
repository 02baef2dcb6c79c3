/**
 * Reads what a process did to a database file, as `record-writes.c` recorded it, and makes the files that a machine may find if it loses power in between.
 *
 * A disk keeps what was synced. Of later writes, it may have kept any whole sectors, in any order, so a cut before a sync has many outcomes.
 */
import { readFile } from "node:fs/promises";

type Kind = "W" | "D" | "S" | "A" | "X";

interface Recorded {
  readonly kind: Kind;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The moment at which the disk is about to confirm something. */
export interface Cut {
  /** Writes that it has confirmed, in their order. */
  readonly kept: readonly Write[];
  /** Writes of which it may have kept some sectors. */
  readonly pending: readonly Write[];
  /** The output of the process until then. */
  readonly said: string;
}

type Write = Pick<Recorded, "offset" | "data">;

const headBytes = 24;
const sectorBytes = 512;

/** The moments before each sync, and the end. */
export async function readCuts(path: string): Promise<readonly Cut[]> {
  const cuts: Cut[] = [];
  let kept: readonly Write[] = [];
  let pending: readonly Write[] = [];
  let said = "";
  for (const { kind, offset, data } of parse(await readFile(path))) {
    if (kind === "X") throw new Error(`The file was changed at ${offset} in a way that is not recorded`);
    if (kind === "A") said += Buffer.from(data).toString();
    if (kind === "W") pending = [...pending, { offset, data }];
    if (kind === "S") {
      cuts.push({ kept, pending, said });
      kept = [...kept, ...pending];
      pending = [];
    }
    if (kind === "D") {
      // It waits for itself alone.
      cuts.push({ kept, pending: [...pending, { offset, data }], said });
      kept = [...kept, { offset, data }];
    }
  }
  return [...cuts, { kept, pending, said }];
}

/** The file as the disk has it. `keeps` says whether a pending sector was kept. */
export function makeFile({ kept, pending }: Cut, keeps: () => boolean): Uint8Array {
  const sectors = pending.flatMap(({ offset, data }) =>
    splitAtSectors(offset, data.length).map(({ start, end }) => ({ offset: offset + start, data: data.subarray(start, end) })),
  );
  const writes = [...kept, ...sectors.filter(keeps)];
  const file = new Uint8Array(Math.max(0, ...writes.map(({ offset, data }) => offset + data.length)));
  for (const { offset, data } of writes) file.set(data, offset);
  return file;
}

function splitAtSectors(offset: number, length: number): readonly { readonly start: number; readonly end: number }[] {
  const parts: { start: number; end: number }[] = [];
  for (let start = 0; start < length; ) {
    const end = Math.min(length, start + sectorBytes - ((offset + start) % sectorBytes));
    parts.push({ start, end });
    start = end;
  }
  return parts;
}

/** The process was killed, so its last write may be incomplete, and is left out. */
function* parse(bytes: Uint8Array): Generator<Recorded> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + headBytes <= bytes.length; ) {
    const [kind, length, offset] = [0, 8, 16].map((field) => Number(view.getBigUint64(at + field, true)));
    const data = bytes.subarray(at + headBytes, at + headBytes + length!);
    if (data.length < length!) return;
    yield { kind: String.fromCharCode(kind!) as Kind, offset: offset!, data };
    at += headBytes + length!;
  }
}
