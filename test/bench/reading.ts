/**
 * `npm run -s bench:reading -- FILE [COLUMN…]`: measures how fast columns of a file are read into memory, including metadata, on one thread. The file is read
 * once before, so it is in the host's memory. Columns are read into memory that is reused in each pass, as on a node, or with --untouched into memory that was
 * never written before. The best pass counts. With --python, uproot or pyarrow reads the same columns in turn. It asserts nothing.
 */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import { parseDataOption } from "../../datasets/catalogue/data-option.ts";
import { makeTarget } from "../../datasets/make-target.ts";
import { readColumns } from "../../datasets/read-column.ts";

interface Figure {
  readonly peer: string;
  readonly columns: readonly string[];
  readonly entries: number;
  readonly mentries_per_s: number;
  /** Likewise, by processor time: on a machine that others use too, this is what compares. */
  readonly mentries_per_cpu_s: number;
}

/** Shared memory in pieces, as a node's slabs are. */
class Memory {
  readonly #pieces: SharedArrayBuffer[] = [];
  #piece = 0;
  #at = 0;

  reset(): void {
    this.#piece = 0;
    this.#at = 0;
  }

  readonly take = (bytes: number): { readonly buffer: ArrayBufferLike; readonly address: number } => {
    const size = Math.ceil((bytes + 1) / 16) * 16;
    while (this.#at + size > (this.#pieces[this.#piece]?.byteLength ?? Number.POSITIVE_INFINITY)) {
      this.#piece++;
      this.#at = 0;
    }
    this.#pieces[this.#piece] ??= new SharedArrayBuffer(Math.max(2 ** 28, size));
    const address = this.#at;
    this.#at += size;
    return { buffer: this.#pieces[this.#piece]!, address };
  };
}

/** Milliseconds of processor time for which passes go on: the host compiles what runs often once it has run some times. */
const warmUp = 1500;
const usual = ["MET_pt", "Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge"];
const program = new Command("bench:reading")
  .description("how fast columns of a file come into memory")
  .argument("<file>", "a file, or FILE:TREE")
  .argument("[columns...]", `names of columns; where absent ${usual.join(", ")}`)
  .option("--repeats <count>", "passes of each in one round, at least", "5")
  .option("--rounds <count>", "how often in turn with --python", "3")
  .option("--untouched", "into memory that nothing was written to before")
  .option("--python <path>", "a Python that has uproot or pyarrow")
  .option("--json", "one JSON line for each reader")
  .parse();
const [file, named] = program.processedArgs as [string, readonly string[]];
const columns = named.length > 0 ? named : usual;
const { repeats, rounds, untouched, python, json } = program.opts<{
  repeats: string;
  rounds: string;
  untouched?: boolean;
  python?: string;
  json?: boolean;
}>();

const [first] = (await createCatalogue([parseDataOption(`events=${file}`)]).get("events"))!.partitions;
await readFile(first!.file.path);

let own: Figure | undefined;
let peer: Figure | undefined;
for (let round = 0; round < (python ? Number(rounds) : 1); round++) {
  own = best(own, await measure());
  if (python) peer = best(peer, measurePeer(python));
}
for (const figure of [own, peer]) if (figure) show(figure);
if (own && peer) {
  const ratio = own.mentries_per_s / peer.mentries_per_s;
  const byProcessor = own.mentries_per_cpu_s / peer.mentries_per_cpu_s;
  if (json) console.log(JSON.stringify({ ratio: Number(ratio.toFixed(2)), ratio_cpu: Number(byProcessor.toFixed(2)) }));
  else console.log(`ratio ${ratio.toFixed(2)}, by processor time ${byProcessor.toFixed(2)}`);
}

async function measure(): Promise<Figure> {
  let memory = new Memory();
  let entries = 0;
  let [wall, cpu] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const start = process.cpuUsage();
  const isWarm = () => totalOf(process.cpuUsage(start)) > warmUp;
  for (let repeat = 0; repeat < Number(repeats) || !isWarm(); repeat++) {
    if (untouched) memory = new Memory();
    else memory.reset();
    const begun = performance.now();
    const used = process.cpuUsage();
    entries = await readAll(memory);
    wall = Math.min(wall, performance.now() - begun);
    cpu = Math.min(cpu, totalOf(process.cpuUsage(used)));
  }
  return figureOf("femtoq", entries, wall, cpu);
}

/** In milliseconds. */
function totalOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** All partitions' columns are in memory in the end. */
async function readAll(memory: Memory): Promise<number> {
  const catalogue = createCatalogue([parseDataOption(`events=${file}`)]);
  const { partitions, entries } = (await catalogue.get("events"))!;
  for (const partition of partitions) {
    const locations = await Promise.all(columns.map((column) => catalogue.locate("events", partition, column)));
    const wanted = locations.map((location) => ({ location, target: makeTarget(location, memory.take) }));
    for (const outcome of await readColumns(wanted, { mayBlock: true, mayShareOffsets: true }))
      if (outcome.status === "rejected") throw outcome.reason;
  }
  return entries;
}

function measurePeer(path: string): Figure {
  const script = fileURLToPath(new URL("reading-peer.py", import.meta.url));
  const line = execFileSync(path, [script, file, ...columns, "--repeats", repeats], { encoding: "utf8" });
  const { peer: name, entries, wall, cpu } = JSON.parse(line);
  return figureOf(name, entries, wall, cpu);
}

/** `wall`, `cpu`: milliseconds. */
function figureOf(peer: string, entries: number, wall: number, cpu: number): Figure {
  const rate = (milliseconds: number) => Number((entries / milliseconds / 1000).toFixed(3));
  return { peer, columns, entries, mentries_per_s: rate(wall), mentries_per_cpu_s: rate(cpu) };
}

function best(before: Figure | undefined, now: Figure): Figure {
  const larger = (key: "mentries_per_s" | "mentries_per_cpu_s") => Math.max(before?.[key] ?? 0, now[key]);
  return { ...now, mentries_per_s: larger("mentries_per_s"), mentries_per_cpu_s: larger("mentries_per_cpu_s") };
}

function show(figure: Figure): void {
  if (json) console.log(JSON.stringify(figure));
  else console.log(`${figure.peer}: ${figure.mentries_per_s} M entries/s, ${figure.mentries_per_cpu_s} per second of processor time`);
}
