/**
 * `npm run bench:cluster` measures coordinator and cluster beside what ZooKeeper and the store do by themselves, in the same run, by the
 * same client library. It asserts nothing; it says which aims were met.
 */
import process from "node:process";
import { SingleBar } from "cli-progress";
import { Command, Option } from "commander";
import { startClusterServers } from "../support/cluster.ts";
import { measureAffinity } from "./cluster/affinity.ts";
import { measureColdQuery } from "./cluster/cold-query.ts";
import { describeFigure, drawFigures, type Figure } from "./cluster/figures.ts";
import { measureLargeQuery } from "./cluster/large-query.ts";
import { RawServers } from "./cluster/raw-servers.ts";

const parts = ["large", "cold", "affinity"] as const;
type Part = (typeof parts)[number];

const { json, subtasks, only } = new Command("bench:cluster")
  .description("how fast a cluster is, in units of what its servers do raw; takes about two minutes")
  .option("--json", "one JSON line for each figure")
  .option("--subtasks <N>", "of the large query", "100000")
  .addOption(new Option("--only <PART>", "one part of it").choices(parts))
  .parse()
  .opts<{ readonly json?: boolean; readonly subtasks: string; readonly only?: Part }>();

const bar = process.stderr.isTTY ? new SingleBar({ format: "{bar} {percentage}% {step}", hideCursor: true }, undefined) : undefined;
let last = "";
/** Tells which share of a step is done. */
function onStep(step: string, share?: number): void {
  if (bar) bar.update(Math.round(100 * (share ?? 0)), { step });
  else if (step !== last) process.stderr.write(`${step} …\n`);
  last = step;
}

const servers = await startClusterServers({ tick: 500 });
if ("missing" in servers) {
  process.stderr.write(`The cluster cannot be measured: there is ${servers.missing}\n`);
  process.exit(1);
}
bar?.start(100, 0, { step: "" });
const figures: Figure[] = [];
try {
  const { zookeeper, mongo } = servers;
  const raw = await RawServers.open({ zookeeper: zookeeper.hosts, mongodb: mongo.uri });
  onStep("raw figures");
  await Promise.all([raw.creates(500), raw.pings(500)]);
  const placeOf = async (name: string) => ({
    zookeeper: await raw.makeChroot(zookeeper.hosts, name),
    mongodb: `${mongo.uri}${name}`,
    onStep,
  });
  const measures: Readonly<Record<Part, () => Promise<readonly Figure[]>>> = {
    large: () => measureLargeQuery({ hosts: zookeeper.hosts, raw, subtasks: Number(subtasks), onStep }),
    cold: async () => measureColdQuery({ ...(await placeOf("cold")), port: zookeeper.port, raw }),
    affinity: async () => measureAffinity(await placeOf("affinity")),
  };
  for (const part of only ? [only] : parts) figures.push(...(await measures[part]()));
  await raw.close();
} finally {
  bar?.stop();
  await servers.stop();
}
if (json) for (const figure of figures) console.log(JSON.stringify(describeFigure(figure)));
else console.log(drawFigures(figures));
