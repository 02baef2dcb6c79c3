/**
 * `npm run chaos` asks queries on a cluster of real processes and servers that are killed, frozen and cut off at random moments. It ends
 * with code 1 at the first promise that does not hold, and keeps the logs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Command } from "commander";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { ChaosCluster, dispatcherCount, nodeCount } from "./chaos-cluster.ts";
import { enterNamespace, sharedAddress } from "./isolate.ts";
import { performRound, type RoundReport } from "./perform-round.ts";
import { planRound, roundsPerCluster } from "./plan-round.ts";
import { type ReferenceServer, startReference } from "./reference.ts";
import { prepareServers, sessionTimeout } from "./servers.ts";

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`a whole number is required, current value is ${text}`);
  return value;
};
const options = new Command("chaos")
  .description("queries on a cluster that comes to harm; every one must end with the counts of an undisturbed run")
  .option("--rounds <N>", "how many", whole, 50)
  .option("--first <N>", "number of the first round: with the seed, repeats one that failed", whole, 0)
  .option("--seed <N>", "of everything that is random, but for the moments that the machine's load shifts", whole, Date.now() % 1_000_000)
  .option("--queries <N>", "in each round", whole, 20)
  .option("--span <SECONDS>", "in which harm begins; queries are asked in the first half of them", whole, 15)
  .option("--json", "one JSON line for each round")
  .option("--proxies", "cut the network by silent TCP proxies, also where it could be a namespace")
  .parse()
  .opts<{ rounds: number; first: number; seed: number; queries: number; span: number; json?: boolean; proxies?: boolean }>();

const { rounds, first, seed, queries } = options;
const span = options.span * 1000;
await prepareServers();
const isolation = options.proxies ? ({ kind: "impossible", why: "--proxies" } as const) : await enterNamespace();
if (isolation.kind === "ended") process.exit(isolation.code);
const link = isolation.kind === "inside" ? "namespace" : "proxies";
const host = isolation.kind === "inside" ? sharedAddress : "127.0.0.1";
const how = isolation.kind === "inside" ? "in a namespace" : `by silent TCP proxies in place of a namespace (${isolation.why.trim()})`;
const tell = (what: string) => void process.stderr.write(`${what}\n`);
tell(`seed ${seed}; ${rounds} rounds of ${queries} queries; the network is cut ${how}`);

const directory = await mkdtemp(join(tmpdir(), "femtoq-chaos-"));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const reports: RoundReport[] = [];
const code = await run();
if (code === 0) await rm(directory, { recursive: true, force: true });
if (!options.json) drawReports();
process.exit(code);

async function run(): Promise<number> {
  let reference: ReferenceServer | undefined;
  let cluster: ChaosCluster | undefined;
  let number = first;
  try {
    reference = await startReference(directory);
    for (; number < first + rounds; number++) {
      const round = planRound({ seed, number, queries, nodes: nodeCount, dispatchers: dispatcherCount, sessionTimeout, span });
      if (number % roundsPerCluster === 0) {
        await cluster?.close();
        cluster = undefined;
      }
      cluster ??= await ChaosCluster.open({
        zookeeper: round.zookeeper,
        directory: join(directory, `from-${number}`),
        host,
        link,
        data: reference.data,
      });
      const begun = performance.now();
      const inRound = (what: string) => tell(`round ${number}, ${((performance.now() - begun) / 1000).toFixed(1)} s: ${what}`);
      inRound(`begins on ${cluster.zookeeper.name}`);
      const report = await performRound({ cluster, round, reference: reference.answer, tell: inRound });
      reports.push(report);
      inRound(`all promises kept; ${describe(report)}`);
      if (options.json) console.log(JSON.stringify(report));
    }
    return 0;
  } catch (error) {
    const repeat = `npm run chaos -- --seed ${seed} --first ${number} --rounds 1`;
    tell(`round ${number}: ${error instanceof Error ? error.message : error}\nLogs are in ${directory}. To repeat: ${repeat}`);
    if (options.json) console.log(JSON.stringify({ round: number, broken: error instanceof Error ? error.message : String(error) }));
    return 1;
  } finally {
    await cluster?.close();
    await reference?.stop();
  }
}

function describe({ answered, cleaned, audit, late }: RoundReport): string {
  const claims = `${audit.completed} of ${audit.asked} subtasks completed in ${audit.claimed} claims and ${audit.copied} copies, of which ${audit.lost} were lost`;
  return `answered in ${answered.toFixed(1)} s, clean ${cleaned.toFixed(1)} s later; ${claims}; ${late} computed too late`;
}

function drawReports(): void {
  const heads = [
    "round",
    "ZooKeeper",
    "killed",
    "frozen",
    "ZooKeeper killed",
    "network cut",
    "answered",
    "clean",
    "subtasks",
    "completed",
    "claims",
    "copies",
    "lost",
    "late",
  ];
  const columns = heads.map((head, index) => (index === 1 ? { head } : { head, align: "right" as const }));
  const rows = reports.map(({ round, zookeeper, disturbances: harm, answered, cleaned, audit, late }) => [
    `${round}`,
    zookeeper,
    `${harm["kill node"]} + ${harm["kill dispatcher"]}`,
    `${harm["freeze node"]} + ${harm["freeze dispatcher"]}`,
    `${harm["kill ZooKeeper"]}`,
    `${harm["cut network"]}`,
    `${answered.toFixed(1)} s`,
    `${cleaned.toFixed(1)} s`,
    ...[audit.asked, audit.completed, audit.claimed, audit.copied, audit.lost, late].map(String),
  ]);
  console.log(drawTable(columns, rows).join("\n"));
  const kept = code === 0 ? "every promise was kept" : "a promise was broken: see above";
  console.log(`\nKilled and frozen: nodes + dispatchers. Seed ${seed}; the network was cut ${how}. ${reports.length} rounds; ${kept}.`);
}
