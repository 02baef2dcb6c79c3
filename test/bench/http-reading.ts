/**
 * `npm run -s bench:http -- FILE [COLUMN…]`: measures the cost of reading columns of a file over HTTP, from a separate server on this machine that waits before
 * each answer. This is compared with reading them from the disk and with fetching the same bytes by bare requests: the ratio is the time over HTTP, minus one
 * wait per partition, divided by the sum of the other two. The median round counts. It asserts nothing.
 */
import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import { parseDataOption } from "../../datasets/catalogue/data-option.ts";
import type { ColumnLocation } from "../../datasets/dataset.ts";
import { formatNamed } from "../../datasets/formats.ts";
import { makeTarget } from "../../datasets/make-target.ts";
import { readColumns } from "../../datasets/read-column.ts";
import { planReads } from "../../datasets/sources/coalesce.ts";
import { serveFiles } from "../datasets/sources/http/file-server.ts";

const usual = ["MET_pt", "Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge"];
const program = new Command("bench:http")
  .description("what it costs to read columns of a file over HTTP")
  .argument("<file>", "a file of this machine")
  .argument("[columns...]", `names of columns; where absent ${usual.join(", ")}`)
  .option("--latency <milliseconds>", "what the server waits before each answer", "20")
  .option("--rounds <count>", "how often, in turn", "5")
  .option("--json", "one JSON line")
  .parse();
const [file, named] = program.processedArgs as [string, readonly string[]];
const columns = named.length > 0 ? named : usual;
const { latency, rounds, json } = program.opts<{ latency: string; rounds: string; json?: boolean }>();

const memory = new SharedArrayBuffer(2 ** 28);

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

if (process.send) await serve();
else await measure();

/** In a process of its own, so that its time is not ours. */
async function serve(): Promise<void> {
  const server = await serveFiles({ latency: Number(latency) });
  server.files.set(`/${basename(file)}`, { bytes: await readFile(file), etag: '"bench"' });
  process.on("disconnect", () => process.exit());
  process.send!(server.origin);
}

interface Passes {
  /** Milliseconds, and of this process's processor time. */
  wall: number;
  cpu: number;
}

async function measure(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), process.argv.slice(2), { execArgv: process.execArgv });
  const origin = await new Promise<string>((resolve) => server.once("message", (text) => resolve(String(text))));
  const url = `${origin}/${basename(file)}`;
  const [near, far] = [await locate(file), await locate(url)];
  const results: { local: Passes; plain: Passes; far: Passes }[] = [];
  for (let round = 0; round <= Number(rounds); round++) {
    const local = await timed(() => readAll(near));
    const plain = await timed(() => fetchAll(far));
    results.push({ local, plain, far: await timed(() => readAll(far)) });
  }
  server.disconnect();
  // The first round is the one in which everything is compiled.
  const figures = results.slice(1).map(({ local, plain, far: reading }) => {
    const waits = near.length * Number(latency);
    return {
      local,
      plain,
      far: reading,
      ratio: (reading.wall - waits) / (local.wall + plain.wall),
      ratioCpu: reading.cpu / (local.cpu + plain.cpu),
    };
  });
  const median = (figureOf: (figure: (typeof figures)[number]) => number) =>
    Number(
      figures
        .map(figureOf)
        .sort((a, b) => a - b)
        [figures.length >> 1]!.toFixed(2),
    );
  const line = {
    columns,
    partitions: near.length,
    megabytes: Number((far.flatMap(plannedOf).reduce((sum, { start, end }) => sum + end - start, 0) / 1e6).toFixed(1)),
    requests: far.flatMap(plannedOf).length,
    local_ms: median(({ local }) => local.wall),
    plain_ms: median(({ plain }) => plain.wall),
    http_ms: median(({ far: { wall } }) => wall),
    ratio: median(({ ratio }) => ratio),
    ratio_cpu: median(({ ratioCpu }) => ratioCpu),
  };
  if (json) return console.log(JSON.stringify(line));
  console.log(`${line.megabytes} MB of ${line.partitions} partitions in ${line.requests} requests: ${line.http_ms} ms over HTTP`);
  console.log(`from the disk ${line.local_ms} ms, the same bytes by bare requests ${line.plain_ms} ms`);
  console.log(`ratio ${line.ratio}, by processor time ${line.ratio_cpu}`);
}

async function timed(action: () => Promise<void>): Promise<Passes> {
  const begun = performance.now();
  const used = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(used);
  return { wall: performance.now() - begun, cpu: (user + system) / 1000 };
}

/** Locates the columns of each partition. */
async function locate(path: string): Promise<readonly (readonly ColumnLocation[])[]> {
  const catalogue = createCatalogue([parseDataOption(`events=${path}`)]);
  const { partitions } = (await catalogue.get("events"))!;
  const locateAll = (partition: (typeof partitions)[number]) =>
    Promise.all(columns.map((column) => catalogue.locate("events", partition, column)));
  return await Promise.all(partitions.map(locateAll));
}

/** Reads one partition after another into memory that is reused. */
async function readAll(partitions: readonly (readonly ColumnLocation[])[]): Promise<void> {
  for (const locations of partitions) {
    let at = 0;
    const take = (bytes: number) => {
      const address = at;
      at += Math.ceil((bytes + 1) / 16) * 16;
      return { buffer: memory, address };
    };
    const wanted = locations.map((location) => ({ location, target: makeTarget(location, take) }));
    for (const outcome of await readColumns(wanted)) if (outcome.status === "rejected") throw outcome.reason;
  }
}

/** The requests that reading them makes. */
function plannedOf(locations: readonly ColumnLocation[]): readonly { readonly start: number; readonly end: number }[] {
  const ranges = locations.flatMap((location) => formatNamed(location.format).ranges(location));
  return planReads(ranges, { gap: 2 ** 16, most: 2 ** 23 }).map(({ pieces }) => ({ start: pieces[0]!.start, end: pieces.at(-1)!.end }));
}

/** Fetches the same bytes with only one wait per partition, since all requests for a partition are sent together. */
async function fetchAll(partitions: readonly (readonly ColumnLocation[])[]): Promise<void> {
  for (const locations of partitions) await Promise.all(plannedOf(locations).map((range) => fetchOne(locations[0]!.file.path, range)));
}

function fetchOne(url: string, { start, end }: { readonly start: number; readonly end: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, headers: { range: `bytes=${start}-${end - 1}` } }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => resolve(Buffer.concat(pieces)));
      answer.on("error", reject);
    });
    request.on("error", reject);
  });
}
