/** `npm run bench:store` measures both forms of the store side by side, MongoDB's also in round trips to its server. It asserts nothing. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Command } from "commander";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { openMongoStore } from "../../storage/mongodb/mongodb-store.ts";
import type { Store } from "../../storage/store.ts";
import { silent } from "../runtime/silent-log.ts";
import { openMongo } from "../servers/mongo-server.ts";
import { latencies, quantile } from "../support/timing.ts";
import { measureRepeats } from "./measure-repeats.ts";
import { measureStore, type StoreFigure } from "./measure-store.ts";

interface Measured {
  readonly store: string;
  readonly figures: readonly StoreFigure[];
  /** The median of a round trip in milliseconds. */
  readonly ping?: number;
}

const { json } = new Command("bench:store")
  .description("how fast the store is: embedded, and on the MongoDB server that the tests would use")
  .option("--json", "one JSON line for each figure")
  .parse()
  .opts<{ readonly json?: boolean }>();

const tell = (store: string) => (step: string) => void process.stderr.write(`${store}: ${step} …\n`);
const directory = await mkdtemp(join(tmpdir(), "femtoq-bench-"));
const measured: Measured[] = [];
try {
  measured.push(await measureEmbedded());
  const mongo = await openMongo({ directory: join(directory, "mongo") });
  if ("missing" in mongo) process.stderr.write(`MongoDB is not measured: there is ${mongo.missing}\n`);
  else measured.push(await measureMongo(mongo.uri, mongo.name).finally(() => mongo.stop()));
} finally {
  await rm(directory, { recursive: true, force: true });
}
if (json) for (const line of measured.flatMap(linesOf)) console.log(JSON.stringify(line));
else draw();

async function measureEmbedded(): Promise<Measured> {
  const store = await openStore({ directory: join(directory, "embedded") });
  try {
    return { store: "embedded", figures: await measureBoth(store, "embedded") };
  } finally {
    await store.close();
  }
}

async function measureBoth(store: Store, name: string): Promise<readonly StoreFigure[]> {
  return [...(await measureStore(store, tell(name))), ...(await measureRepeats(store, tell(name)))];
}

async function measureMongo(uri: string, name: string): Promise<Measured> {
  const store = await openMongoStore({ uri, database: `femtoq-bench-${randomUUID()}`, log: silent });
  try {
    await latencies(100, () => store.ping());
    const ping = quantile(await latencies(500, () => store.ping()), 0.5);
    return { store: `MongoDB (${name})`, figures: await measureBoth(store, name), ping };
  } finally {
    await store.reset();
    await store.close();
  }
}

function linesOf({ store, figures, ping }: Measured): readonly object[] {
  const lines = figures.map(({ figure, value, unit }) => ({
    store,
    figure,
    value: round(value),
    unit,
    ...(ping !== undefined && unit === "ms" && { pings: round(value / ping) }),
  }));
  return ping === undefined ? lines : [{ store, figure: "ping, p50", value: round(ping), unit: "ms", pings: 1 }, ...lines];
}

function draw(): void {
  const [embedded, mongo] = measured;
  const rows = embedded!.figures.map(({ figure, value, unit }, index) => {
    const other = mongo?.figures[index]?.value;
    const pings = mongo?.ping !== undefined && unit === "ms" && other !== undefined ? (other / mongo.ping).toFixed(1) : "–";
    return [figure, unit, shown(value), other === undefined ? "–" : shown(other), pings];
  });
  const heads = ["figure", "unit", "embedded", mongo?.store ?? "MongoDB", "pings"];
  const columns = heads.map((head, index) => (index < 2 ? { head } : { head, align: "right" as const }));
  console.log(drawTable(columns, rows).join("\n"));
  if (mongo?.ping !== undefined) console.log(`\nA ping takes ${mongo.ping.toFixed(2)} ms.`);
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
