/**
 * `npm run chaos:mesos` runs jobs on a real Mesos whose parts are killed, frozen and lost meanwhile. Every job must end in its right state,
 * none may run twice at a time, and every offer and delivery must be answered once. It ends with code 1 at the first round that breaks this.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { harms } from "./harms.ts";
import { performRound } from "./perform-round.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    jobs: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const directory = await mkdtemp(join(tmpdir(), "femtoq-mesos-chaos-"));
let code = 0;
for (let number = 0; number < rounds && code === 0; number++) {
  const random = randomFrom(seed * 1000 + number);
  const order = harms.map((harm) => ({ harm, at: random() })).toSorted((a, b) => a.at - b.at);
  const tell = (what: string) => void process.stderr.write(`round ${number}: ${what}\n`);
  const round = { directory: join(directory, `${number}`), jobs: Number(values.jobs), harms: order.map(({ harm }) => harm), random, tell };
  const report = await performRound(round);
  const { seconds, attempts, starts, audit, faults } = report;
  const told = `${audit.offers} offers, ${audit.deliveries} deliveries, ${audit.acknowledgements} acknowledgements`;
  tell(
    `${faults.length === 0 ? "all promises kept" : "BROKEN"}; ${attempts} attempts, ${starts} starts of the scheduler, ${told}; ${seconds.toFixed(1)} s`,
  );
  for (const fault of faults) tell(fault);
  if (values.json) console.log(JSON.stringify({ round: number, ...report }));
  if (faults.length > 0) code = 1;
}
if (code === 0) await rm(directory, { recursive: true, force: true });
else process.stderr.write(`Files are in ${directory}\n`);
process.exit(code);

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
