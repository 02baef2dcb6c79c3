/**
 * `npm run chaos:mesos` kills, freezes and loses the parts of a real Mesos while jobs run on it, or while (`--work queries`) nodes that it runs answer
 * queries. Every job must end in its right state, and none may run twice at a time; every answer must be that of an undisturbed process, to the last
 * bit; every offer and delivery must be answered once. It ends with code 1 at the first round that breaks this, and keeps the logs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { startReference } from "../../chaos/reference.ts";
import { startClusterServers } from "../../support/cluster.ts";
import { harms, nodeHarms } from "./harms.ts";
import { performQueryRound } from "./perform-query-round.ts";
import { performRound } from "./perform-round.ts";

const { values } = parseArgs({
  options: {
    work: { type: "string", default: "jobs" },
    rounds: { type: "string", default: "20" },
    jobs: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const directory = await mkdtemp(join(tmpdir(), "femtoq-mesos-chaos-"));
const perform = values.work === "queries" ? await prepareQueries() : performJobs;
let code = 0;
for (let number = 0; number < rounds && code === 0; number++) {
  const tell = (what: string) => void process.stderr.write(`round ${number}: ${what}\n`);
  const { seconds, audit, faults, ...counts } = await perform(number, randomFrom(seed * 1000 + number), tell);
  const told = Object.entries({ ...counts, ...audit }).map(([what, count]) => `${count} ${what}`);
  tell(`${faults.length === 0 ? "all promises kept" : "BROKEN"}; ${told.join(", ")}; ${seconds.toFixed(1)} s`);
  for (const fault of faults) tell(fault);
  if (values.json) console.log(JSON.stringify({ round: number, seconds, ...counts, ...audit, faults }));
  if (faults.length > 0) code = 1;
}
if (code === 0) await rm(directory, { recursive: true, force: true });
else process.stderr.write(`Files are in ${directory}\n`);
process.exit(code);

function performJobs(number: number, random: () => number, tell: (what: string) => void) {
  const order = shuffle(harms, random);
  return performRound({ directory: join(directory, `${number}`), jobs: Number(values.jobs), harms: order, random, tell });
}

async function prepareQueries(): Promise<typeof performQueries> {
  const found = await startClusterServers({ tick: 200 });
  if ("missing" in found) throw new Error(`There is ${found.missing}`);
  const servers = found;
  const reference = await startReference(directory);
  return performQueries;

  function performQueries(number: number, random: () => number, tell: (what: string) => void) {
    const order = shuffle(nodeHarms, random);
    return performQueryRound({ directory: join(directory, `${number}`), number, servers, reference, harms: order, random, tell });
  }
}

function shuffle<Value>(values: readonly Value[], random: () => number): readonly Value[] {
  const placed = values.map((value) => ({ value, at: random() }));
  return placed.toSorted((a, b) => a.at - b.at).map(({ value }) => value);
}

/** The same numbers for the same seed: mulberry32. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
