import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Status } from "../../functions/api.ts";
import { readConfig } from "../../runtime/start/config/config.ts";
import { type Server, startServer } from "../../runtime/start/start-server.ts";
import { until } from "../support/until.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";
import { temporaryDirectory } from "./server-process.ts";
import { silent } from "./silent-log.ts";

const events = 6_000;
const partitions = 30;
const axis = (value: string) => ({ type: "regular", bins: 10, lower: 0, upper: 100, value });

/** Makes a query of nested sums over all muons, of which one partition takes hours. */
function endless(which: number): object {
  const muons = Array.from({ length: 25 }, (_, level) => `x${level}`);
  const value = muons.reduceRight(
    (inner, muon) => `Muon.sum(${muon} => ${inner})`,
    `sqrt(${which} + ${muons.map((muon) => `${muon}.pt`).join(" + ")})`,
  );
  return { dataset: "d", histograms: { m: { axes: [axis(value)] } } };
}

for (const threads of [1, 2]) {
  describe(`a server of ${threads} thread(s), where two clients ask for what does not come to an end,`, () => {
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let server: Server;
    before(async () => {
      directory = await temporaryDirectory();
      const file = `${directory.path}/events.parquet`;
      await writeEvents(file, makeEvents(events), events / partitions);
      const args = [
        "--port",
        "0",
        "--state",
        `${directory.path}/state`,
        "--threads",
        `${threads}`,
        "--data",
        `d=${file}`,
        "--partition-events",
        "1",
      ];
      server = await startServer(readConfig(args, {}), silent);
    });
    after(async () => {
      await server.stop();
      await directory.remove();
    });

    async function post(client: string, query: object, wait = 0): Promise<Status> {
      const headers = { "content-type": "application/json", "femtoq-client": client, ...(wait > 0 && { prefer: `wait=${wait}` }) };
      return (await fetch(`${server.url}/queries`, { method: "POST", headers, body: JSON.stringify(query) })).json();
    }
    const look = async (id: string): Promise<Status> => (await fetch(`${server.url}/queries/${id}`)).json();

    test("answers a third client's queries to the end while both go on", async () => {
      const hogs: Status[] = [];
      for (const which of [1, 2]) {
        const { id } = await post(`hog-${which}`, endless(which));
        await until(async () => (await look(id)).partitions.running > 0);
        hogs.push(await look(id));
      }
      for (const { partitions: theirs } of hogs) assert.equal(theirs.total, partitions);
      for (const upper of [50, 60, 70]) {
        const status = await post("honest", { dataset: "d", histograms: { h: { axes: [{ ...axis("MET.pt"), upper }] } } }, 120);
        assert.deepEqual([status.state, status.events], ["done", { total: events, done: events }]);
      }
      for (const [index, { id }] of hogs.entries()) {
        const { state, partitions: theirs } = await look(id);
        assert.deepEqual([state, theirs.done], ["running", 0]);
        await fetch(`${server.url}/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": `hog-${index + 1}` } });
      }
    });
  });
}
