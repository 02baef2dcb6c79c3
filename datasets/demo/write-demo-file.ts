/**
 * The demo dataset on disk: `demoFiles` files of equal size, each made on its own, on any thread, in any order.
 *
 * Promises: a file under its final name is complete, also after a crash or a power cut; two writers of one file do no harm, as
 * both write the same bytes.
 */
import { randomUUID } from "node:crypto";
import { link, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FlatColumn } from "../format.ts";
import { written } from "../formats.ts";
import { generateEvents } from "./generate-events.ts";

export const demoFiles = 10;
export const demoEntries = 1_000_000;
const entriesPerFile = demoEntries / demoFiles;
/** Part of the file names: a changed generator does not mix with files of an older one. */
const edition = 2;
export const demoSeed = 20_120_704;

export function demoPath(directory: string, index: number): string {
  return join(directory, `dimuon-${edition}-${String(index).padStart(2, "0")}${written.ending}`);
}

export function demoPattern(directory: string): string {
  return join(directory, `dimuon-${edition}-*${written.ending}`);
}

/** How many entries the files have that are there. */
export async function countDemoEntries(directory: string): Promise<number> {
  const there = await Promise.all(Array.from({ length: demoFiles }, (_, index) => exists(demoPath(directory, index))));
  return there.filter(Boolean).length * entriesPerFile;
}

/** Makes file `index` unless it is there; of several processes that make it at a time the first one's stays. The directory must exist. */
export async function writeDemoFile(directory: string, index: number): Promise<void> {
  const path = demoPath(directory, index);
  if (await exists(path)) return;
  const temporary = join(directory, `.${randomUUID()}.tmp`);
  try {
    const columns = demoColumns(demoSeed + index, entriesPerFile);
    await writeDurably(temporary, await written.encode(columns, entriesPerFile, "femtoq demo"));
    await linkUnlessThere(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

function demoColumns(fileSeed: number, entries: number): FlatColumn[] {
  const events = generateEvents(fileSeed, entries);
  const { muonOffsets, jetOffsets } = events;
  return [
    { name: "nMuon", values: lengthsOf(muonOffsets), compress: true },
    { name: "Muon_pt", values: events.muonPt, offsets: muonOffsets },
    { name: "Muon_eta", values: events.muonEta, offsets: muonOffsets },
    { name: "Muon_phi", values: events.muonPhi, offsets: muonOffsets },
    { name: "Muon_mass", values: events.muonMass, offsets: muonOffsets, compress: true },
    { name: "Muon_charge", values: events.muonCharge, offsets: muonOffsets, compress: true },
    { name: "nJet", values: lengthsOf(jetOffsets), compress: true },
    { name: "Jet_pt", values: events.jetPt, offsets: jetOffsets },
    { name: "Jet_eta", values: events.jetEta, offsets: jetOffsets },
    { name: "MET_pt", values: events.metPt },
    { name: "MET_phi", values: events.metPhi },
    { name: "genWeight", values: events.genWeight },
  ];
}

function lengthsOf(offsets: Uint32Array): Int32Array {
  return Int32Array.from({ length: offsets.length - 1 }, (_, entry) => offsets[entry + 1]! - offsets[entry]!);
}

async function writeDurably(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, "w");
  try {
    for (const piece of pieces) await file.writeFile(piece);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Not a renaming, which would replace a file that others have begun to read. */
async function linkUnlessThere(existing: string, path: string): Promise<void> {
  try {
    await link(existing, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
