/**
 * `npm run bench:service` measures what the service takes for the ADL queries beside what the engine takes for them alone on as many threads, and
 * DuckDB from the file. What is more than the engine's is upkeep: of the query, and of its partitions. It asserts nothing.
 */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { places } from "./adl/prepare-queries.ts";
import { measureEngine, type Took } from "./service/engine-threads.ts";
import { measureService, type ServiceTimes } from "./service/measure-service.ts";
import { measureUnread } from "./service/measure-unread.ts";
import { startService } from "./service/servers.ts";

const options = new Command("bench:service")
  .description("the service beside the engine alone and beside DuckDB, on the ADL queries: in milliseconds")
  .requiredOption("--data <file>", "events.parquet of the CMS shape")
  .option("--cluster <nodes>", "a dispatcher and so many compute nodes, which share the threads, instead of one process", Number, 0)
  .option("--threads <count>", "that compute", Number, 2)
  .option("--memory <size>", "for columns, of each process", "6GiB")
  .option("--rounds <count>", "of which medians are taken", Number, 11)
  .option("--cold <count>", "starts of a process, of which each query is the first", Number, 0)
  .option("--unread <count>", "rounds in a process that has run for a while and never read these columns", Number, 0)
  .option("--unread-memory <size>", "for columns in that process, which is used up before", "1GiB")
  .option("--query <names...>", "only these, such as 5 6-1")
  .option("--curve <sizes...>", "each with so many events in a partition at least: upkeep against the partitions' size")
  .option("--python <program>", "a Python that has duckdb")
  .option("--json", "one JSON line for each query")
  .parse()
  .opts<{
    readonly data: string;
    readonly cluster: number;
    readonly threads: number;
    readonly memory: string;
    readonly rounds: number;
    readonly cold: number;
    readonly unread: number;
    readonly unreadMemory: string;
    readonly query?: readonly string[];
    readonly curve?: readonly string[];
    readonly python?: string;
    readonly json?: boolean;
  }>();

/** Milliseconds that the service may take beside 1.5 times what the engine takes. */
const allowance = options.cluster > 0 ? 80 : 15;

interface Figure extends ServiceTimes {
  readonly query: string;
  /** Medians in a process that never read these columns; absent if they were not requested. */
  readonly unread?: Took | undefined;
  readonly engine: Took;
  readonly duckdb?: Took | undefined;
}

const names = places.map(([name]) => name).filter((name) => options.query?.includes(name) ?? true);
const { data, threads, rounds, cluster: nodes } = options;
tell("the engine alone");
const engine = await measureEngine({ data, names, threads, rounds });
const duckdb = options.python === undefined ? new Map<string, Took>() : measureDuckdb(options.python);
const unread = options.unread > 0 ? await measureAllUnread() : new Map<string, Took>();
/** How many times as fast as DuckDB, by query: just started, and with nothing read. */
const faster: Readonly<Record<"cold" | "unread", Took[]>> = { cold: [], unread: [] };
const rows: string[][] = [];
for (const size of options.curve ?? [undefined]) await measureAll(size);
if (!options.json) {
  const heads = [
    "events",
    "query",
    "parts",
    "engine",
    "memory",
    "ratio",
    "of aim",
    "cpu",
    "cpu ratio",
    "upkeep each",
    "first",
    "cold",
    "unread",
    "its cpu",
    "duckdb",
    "its cpu",
    "cold times",
    "unread times",
    "cpu times",
  ];
  console.log(
    drawTable(
      heads.map((head, index) => (index < 2 ? { head } : { head, align: "right" as const })),
      rows,
    ).join("\n"),
  );
}
for (const kind of ["cold", "unread"] as const) if (faster[kind].length > 0) tellMeans(kind);

function measureAllUnread(): Promise<ReadonlyMap<string, Took>> {
  tell("columns that were never read");
  return measureUnread({ data, names, rounds: options.unread, threads, nodes, memory: options.unreadMemory });
}

async function measureAll(size: string | undefined): Promise<void> {
  const args = ["--data", `events=${data}`, "--memory", options.memory, ...(size === undefined ? [] : ["--partition-events", size])];
  const service = await startService({ args, threads, nodes });
  try {
    for (const query of names) {
      tell(`query ${query}${size === undefined ? "" : `, partitions of ${size} events`}`);
      const times = await measureService(service, query, { rounds, coldRounds: options.cold });
      show({ query, ...times, engine: engine.get(query)!, duckdb: duckdb.get(query), unread: unread.get(query) }, size);
    }
  } finally {
    await service.stop();
  }
}

function show(figure: Figure, size: string | undefined): void {
  const { query, partitions, engine, memory, firstProgress, cold, unread, duckdb } = figure;
  const ratio = memory.wall / engine.wall;
  const ofAim = memory.wall / (1.5 * engine.wall + allowance);
  const upkeep = (memory.wall - engine.wall) / partitions;
  const timesOf = (took: Took | undefined) => took && duckdb && { wall: duckdb.wall / took.wall, cpu: duckdb.cpu / took.cpu };
  const times = { cold: timesOf(cold), unread: timesOf(unread) };
  for (const kind of ["cold", "unread"] as const) if (times[kind]) faster[kind].push(times[kind]);
  if (options.json) {
    console.log(
      JSON.stringify({
        ...figure,
        partitionEvents: size && Number(size),
        ratio,
        ofAim,
        upkeep,
        times,
      }),
    );
    return;
  }
  const number = (value: number | undefined, digits = 0) => value?.toFixed(digits) ?? "–";
  rows.push([
    size ?? "usual",
    query,
    `${partitions}`,
    number(engine.wall, 1),
    number(memory.wall, 1),
    number(ratio, 2),
    number(ofAim, 2),
    number(memory.cpu),
    number(memory.cpu / engine.cpu, 2),
    number(upkeep, 2),
    number(firstProgress),
    number(cold?.wall),
    number(unread?.wall),
    number(unread?.cpu),
    number(duckdb?.wall),
    number(duckdb?.cpu),
    number(times.cold?.wall, 2),
    number(times.unread?.wall, 2),
    number(times.unread?.cpu, 2),
  ]);
}

function tellMeans(kind: "cold" | "unread"): void {
  const mean = (values: readonly number[]) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  const by = (key: "wall" | "cpu") => ({
    mean: mean(faster[kind].map((each) => each[key])),
    least: Math.min(...faster[kind].map((each) => each[key])),
  });
  const [wall, cpu] = [by("wall"), by("cpu")];
  if (options.json) console.log(JSON.stringify({ timesAsFastAsDuckdb: { kind, wall, cpu } }));
  else
    console.log(
      `${kind}, ${wall.mean.toFixed(2)} times as fast as DuckDB in the geometric mean, ${wall.least.toFixed(2)} at least; ` +
        `by processor time ${cpu.mean.toFixed(2)} and ${cpu.least.toFixed(2)}`,
    );
}

function measureDuckdb(python: string): Map<string, Took> {
  tell("DuckDB");
  const script = fileURLToPath(new URL("service/duckdb-peer.py", import.meta.url));
  const printed = execFileSync(python, [script, data, "--threads", `${threads}`], { encoding: "utf8" });
  const lines = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Took & { readonly query: string });
  return new Map(lines.map(({ query, wall, cpu }) => [query, { wall, cpu }]));
}

function tell(step: string): void {
  process.stderr.write(`${step} …\n`);
}
