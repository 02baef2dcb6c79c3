/** The same events in every layout that is one schema. The ROOT files are `make-layouts.py`'s, by uproot. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { writeParquet } from "../../support/write-parquet.ts";
import { makeDirectory } from "../read-for-test.ts";

export const file = (name: string) => fileURLToPath(new URL(`files/${name}`, import.meta.url));
const many = <Value>(length: number, make: (index: number) => Value): readonly Value[] => Array.from({ length }, (_, index) => make(index));

/** The events, by the formulas of `make-layouts.py`. */
export const events = many(60, (i) => ({
  met: ((i * 17) % 120) + 0.25,
  Muon: many((i * 7) % 4, (k) => ({
    pt: ((i * 13 + k * 29) % 97) + 0.5,
    eta: ((i * 5 + k * 11) % 41) / 8 - 2.5,
    phi: ((i * 3 + k * 17) % 25) / 4 - 3,
    mass: 0.125,
    charge: (i + k) % 2 ? 1 : -1,
    jetIdx: ((i + k) % 3) - 1,
  })),
  Jet: many(((i * 5) % 3) + 1, (k) => ({ pt: ((i * 31 + k * 7) % 83) + 20.25 })),
  weights: many(3, (k) => ((i + k) % 5) / 4),
}));

type Muon = (typeof events)[number]["Muon"][number];
const types = { pt: "FLOAT", eta: "FLOAT", phi: "FLOAT", mass: "FLOAT", charge: "INT32", jetIdx: "INT32" } as const;
const fields = Object.keys(types) as (keyof Muon)[];

/** Files with the columns that the benchmark's queries 1, 2, 4 and 5 read. */
export const codecFiles = ["lz4", "zstd", "lzma", "none"].map((codec) => file(`codec-${codec}.root`));

/** Paths of files that hold the events. */
export async function writeLayouts(t: TestContext) {
  const directory = await makeDirectory(t);
  const all = (kind: Parameters<typeof writeParquet>[1][string]["kind"], of: (event: (typeof events)[number]) => unknown) => ({
    kind,
    cells: events.map(of),
  });
  const rest = { MET_pt: all("FLOAT", ({ met }) => met), LHEWeight: all({ list: "FLOAT" }, ({ weights }) => weights) };
  const lists = Object.fromEntries(
    fields.map((field) => [`Muon_${field}`, all({ list: types[field] }, ({ Muon }) => Muon.map((muon) => muon[field]))]),
  );
  await writeParquet(join(directory, "lists.parquet"), {
    ...lists,
    Jet_pt: all({ list: "FLOAT" }, ({ Jet }) => Jet.map(({ pt }) => pt)),
    ...rest,
  });
  await writeParquet(join(directory, "structs.parquet"), {
    Muon: all({ list: { fields: types } }, ({ Muon }) => Muon),
    Jet: all({ list: { fields: { pt: "FLOAT" } } }, ({ Jet }) => Jet),
    MET: all({ fields: { pt: "FLOAT" } }, ({ met }) => ({ pt: met })),
    LHEWeight: rest.LHEWeight,
  });
  return [
    join(directory, "lists.parquet"),
    join(directory, "structs.parquet"),
    file("counted.root"),
    file("dotted.root"),
    file("ntuple.root"),
  ];
}
