/**
 * Sends random requests, most of them wrong, over connections to a real server in this process. None may be answered with 5xx, end the process or stay
 * unanswered; memory may not grow.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { readConfig } from "../../../runtime/start/config/config.ts";
import { startServer } from "../../../runtime/start/start-server.ts";
import { recordingLog } from "../../runtime/silent-log.ts";
import { seeded } from "../../support/seeded.ts";
import { until } from "../../support/until.ts";
import { makeEvents, writeEvents } from "../../support/write-events.ts";
import { type Fuzzer, measureMemory } from "../fuzzer.ts";
import { type FuzzRequest, makeRequest } from "./make-request.ts";

/** The number of requests in a batch, which its own seed repeats, and the number sent at a time. */
const batchSize = 1_000;
const atOnce = 40;
const mostFaults = 20;
/** Milliseconds after which a request is one that hangs. */
const longest = 30_000;
/** Memory is compared from here on, or from a tenth of the inputs on. */
const warmUp = 10_000;

export const fuzzHttp: Fuzzer = {
  what: "requests, most of them wrong, to a real server",
  async run({ seed, count, tell }) {
    const directory = await mkdtemp(join(tmpdir(), "femtoq-fuzz-"));
    const file = join(directory, "events.parquet");
    await writeEvents(file, makeEvents(200), 100);
    const { log, lines } = recordingLog();
    const options = [
      "--port",
      "0",
      "--threads",
      "1",
      "--memory",
      "64MiB",
      "--store-limit",
      "16MiB",
      "--state",
      join(directory, "state"),
      "--data",
      `events=${file}`,
    ];
    const server = await startServer(readConfig(options, {}), log);
    const port = Number(new URL(server.url).port);
    const outcomes: Record<string, number> = {};
    const faults: string[] = [];
    const uncaught = (error: unknown) => faults.push(`an error that nobody caught: ${error instanceof Error ? error.stack : error}`);
    process.on("uncaughtException", uncaught).on("unhandledRejection", uncaught);
    let before: number | undefined;
    try {
      await until(async () => (await fetch(`${server.url}/readyz`)).ok, "the server is ready");
      for (let first = 0; first < count && faults.length < mostFaults; first += batchSize) {
        if (before === undefined && first >= Math.min(warmUp, count / 10)) before = await settledMemory();
        const batch = seed + first / batchSize;
        const random = seeded(batch);
        const ids = await askForIds(port);
        const requests = Array.from({ length: Math.min(batchSize, count - first) }, () => makeRequest(random, ids));
        const send = async () => {
          for (let request = requests.pop(); request !== undefined; request = requests.pop()) {
            const outcome = await ask(port, request);
            outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
            if (/^5|hangs/.test(outcome))
              faults.push(`--seed ${batch} --count ${batchSize}: ${outcome}\n${JSON.stringify(request.bytes.slice(0, 2000))}`);
          }
        };
        await Promise.all(Array.from({ length: atOnce }, send));
        for (const line of lines.splice(0)) {
          const { err } = line.fields;
          if (line.level === "error")
            faults.push(
              `--seed ${batch} --count ${batchSize}: it logs ${line.message}: ${err instanceof Error ? err.stack : JSON.stringify(line.fields)}`,
            );
        }
        if ((first / batchSize) % 5 === 4) tell(`${first + batchSize} of ${count}`);
      }
      const after = await settledMemory();
      return { outcomes, faults, ...(before !== undefined && after !== undefined && { growth: after - before }) };
    } finally {
      process.off("uncaughtException", uncaught).off("unhandledRejection", uncaught);
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** The memory in use when all connections are closed and everything begun has ended. */
async function settledMemory(): Promise<number | undefined> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 20));
  return measureMemory();
}

/** The ids of some queries that the server knows: that it answers also shows that it lives. */
async function askForIds(port: number): Promise<readonly string[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/queries?limit=20`, { signal: AbortSignal.timeout(longest) });
  return ((await answer.json()) as { readonly queries: readonly { readonly id: string }[] }).queries.map(({ id }) => id);
}

/** The status of the answer, or what came instead. */
function ask(port: number, { bytes, goesAway }: FuzzRequest): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(Buffer.from(bytes, "utf8"));
      if (goesAway) socket.end();
    });
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      socket.destroy();
    }, longest);
    socket.setEncoding("latin1").on("data", (piece: string) => {
      said = (said + piece).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, "").slice(0, 2000);
      // The rest may last: an event stream as long as its query, a connection as long as the client keeps it.
      if (said.includes("\r\n\r\n")) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(late);
      resolve(/^HTTP\/1\.\d (\d{3})/.exec(said)?.[1] ?? (isLate ? "hangs" : "closed without an answer"));
    });
  });
}
