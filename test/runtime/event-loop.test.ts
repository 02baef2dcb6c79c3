import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demoPattern, writeDemoFile } from "../../datasets/demo/write-demo-file.ts";
import { readConfig } from "../../runtime/config.ts";
import { type Server, startServer } from "../../runtime/server.ts";
import { measureLongestTurn } from "./longest-turn.ts";
import { temporaryDirectory } from "./server-process.ts";
import { silent } from "./silent-log.ts";
import { post } from "./slow-query.ts";

const bound = 50;
/** The first round is slower: it compiles what the next ones run. */
const rounds = 2;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: Server;

before(async () => {
  directory = await temporaryDirectory();
  await Promise.all([0, 1, 2].map((index) => writeDemoFile(directory.path, index)));
  const args = ["--port", "0", "--state", `${directory.path}/state`, "--data", `d=${demoPattern(directory.path)}`];
  server = await startServer(readConfig(args, {}), silent);
});
after(async () => {
  await server.stop();
  await directory.remove();
});

test(`startServer never blocks the event loop for more than ${bound} ms, with 40 different queries at a time and a large histogram`, async (t) => {
  const turns: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const stop = measureLongestTurn();
    const answers = await Promise.all([
      ...Array.from({ length: 150 }, (_, i) => post(server.url, dimuon(`MET.pt > ${i + round * 150}`), 60)),
      post(server.url, plane(round), 60),
    ]);
    turns.push(stop());
    for (const { status } of answers) {
      assert.equal(status.state, "done");
      assert.equal(status.events.done, 300_000);
    }
  }
  t.diagnostic(`longest turns of the rounds: ${turns.map((turn) => turn.toFixed(1)).join(", ")} ms`);
  assert.ok(Math.max(...turns) <= bound);
});

function dimuon(filter: string): object {
  const value = "Muon.pairs().filter((a, b) => a.charge != b.charge).map((a, b) => (a + b).mass)";
  return { dataset: "d", filter, histograms: { mass: { axes: [{ type: "regular", bins: 200, lower: 0, upper: 120, value }] } } };
}

/** 40,000 bins. */
function plane(round: number): object {
  const pt = { type: "regular", bins: 200, lower: 0, upper: 100 + round, value: "Muon.pt" };
  const eta = { type: "regular", bins: 200, lower: -3, upper: 3, value: "Muon.eta" };
  return { dataset: "d", histograms: { plane: { axes: [pt, eta] } } };
}
