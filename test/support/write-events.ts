/** Writes small Parquet files of muons and MET for tests; returns the events as plain objects, too. */
import { writeFile } from "node:fs/promises";
import { parquetWriteBuffer } from "hyparquet-writer";

export interface TestEvent {
  readonly MET_pt: number;
  readonly genWeight: number;
  readonly Muon: readonly {
    readonly pt: number;
    readonly eta: number;
    readonly phi: number;
    readonly mass: number;
    readonly charge: number;
  }[];
}

/** Makes events whose values float32 holds exactly; they are the same at each run. */
export function makeEvents(count: number, seed = 1): readonly TestEvent[] {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => ({
    MET_pt: Math.fround(next() * 200),
    genWeight: Math.fround(next() * 3 - 0.5),
    Muon: Array.from({ length: Math.floor(next() * 4) }, () => ({
      pt: Math.fround(3 + next() * 60),
      eta: Math.fround(next() * 4.8 - 2.4),
      phi: Math.fround((next() * 2 - 1) * Math.PI),
      mass: Math.fround(0.1057),
      charge: next() < 0.5 ? -1 : 1,
    })),
  }));
}

export async function writeEvents(path: string, events: readonly TestEvent[], rowGroupSize: number): Promise<void> {
  const fields = ["pt", "eta", "phi", "mass", "charge"] as const;
  const lists = fields.map((field) => ({
    name: `Muon_${field}`,
    data: events.map(({ Muon }) => Muon.map((muon) => muon[field])),
  }));
  const schema = [
    { name: "root", num_children: 2 + fields.length },
    { name: "MET_pt", type: "FLOAT" as const, repetition_type: "REQUIRED" as const },
    { name: "genWeight", type: "FLOAT" as const, repetition_type: "REQUIRED" as const },
    ...fields.flatMap((field) => [
      { name: `Muon_${field}`, repetition_type: "OPTIONAL" as const, num_children: 1, converted_type: "LIST" as const },
      { name: "list", repetition_type: "REPEATED" as const, num_children: 1 },
      { name: "element", type: field === "charge" ? ("INT32" as const) : ("FLOAT" as const), repetition_type: "REQUIRED" as const },
    ]),
  ];
  const columnData = [
    { name: "MET_pt", data: Float32Array.from(events, ({ MET_pt }) => MET_pt) },
    { name: "genWeight", data: Float32Array.from(events, ({ genWeight }) => genWeight) },
    ...lists,
  ];
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize })));
}
