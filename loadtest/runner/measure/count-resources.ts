/** Counts everything that a server could leak: open files and sockets, queries, streams, znodes, watches, sessions, documents. */
import { readdir, readlink } from "node:fs/promises";
import { connect } from "node:net";
import process from "node:process";
import { MongoClient } from "mongodb";
import type { Target } from "../target.ts";
import { type Measured, readMetrics, sumOf } from "./read-metrics.ts";

export interface Count {
  readonly what: string;
  readonly count: number;
}

/** Every count has a name of its own. Rejects if a process is gone. */
export async function countResources({
  processes,
  measured,
  servers,
}: Pick<Target, "processes" | "measured" | "servers">): Promise<readonly Count[]> {
  const counts: Count[] = [];
  for (const { name, pid } of processes) counts.push(...(await countDescriptors(name, pid)));
  for (const each of measured) counts.push(...(await countTaken(each)));
  if (servers) counts.push(...(await countZnodes(servers.zookeeper)), ...(await countDocuments(servers.mongodb)));
  return counts;
}

/** Counts a process's open files and sockets; only Linux tells them. */
async function countDescriptors(name: string, pid: number): Promise<readonly Count[]> {
  if (process.platform !== "linux") return [];
  const directory = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(directory)).map((each) => readlink(`${directory}/${each}`).catch(() => "closed")));
  const open = links.filter((link) => link !== "closed");
  const sockets = open.filter((link) => link.startsWith("socket:")).length;
  return [
    { what: `${name}: sockets`, count: sockets },
    { what: `${name}: other open files`, count: open.length - sockets },
  ];
}

const taken = {
  femtoq_queries_in_flight: "queries under way",
  femtoq_event_streams: "event streams",
  femtoq_cache_bytes: "bytes of columns",
  femtoq_store_bytes: "bytes stored",
  nodejs_heap_size_used_bytes: "bytes of heap",
} as const;

/** Reads from a process's metrics what it has taken and not given back. Metrics that it does not have are left out. */
async function countTaken(measured: Measured): Promise<readonly Count[]> {
  const metrics = await readMetrics(measured);
  const known = new Set([...metrics.keys()].map((key) => key.replace(/\{.*/, "")));
  return Object.entries(taken)
    .filter(([metric]) => known.has(metric))
    .map(([metric, what]) => ({ what: `${measured.name}: ${what}`, count: sumOf(metrics, metric) }));
}

const watched = {
  zk_znode_count: "znodes",
  zk_watch_count: "watches",
  zk_ephemerals_count: "ephemeral znodes",
  zk_num_alive_connections: "ZooKeeper connections",
} as const;

/** Asks ZooKeeper by its command `mntr`. */
async function countZnodes(hosts: string): Promise<readonly Count[]> {
  const [host, port] = hosts.split(",")[0]!.split("/")[0]!.split(":");
  const text = await new Promise<string>((resolve, reject) => {
    let said = "";
    const socket = connect({ host: host!, port: Number(port) }, () => socket.write("mntr"));
    socket.setEncoding("utf8").on("data", (piece: string) => {
      said += piece;
    });
    socket.once("error", reject).once("close", () => resolve(said));
  });
  return Object.entries(watched).map(([key, what]) => ({
    what,
    count: Number(new RegExp(`^${key}\\s+(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN),
  }));
}

const collections = 50;

async function countDocuments(uri: string): Promise<readonly Count[]> {
  const client = await MongoClient.connect(uri);
  try {
    const database = client.db();
    const names = (await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort();
    return await Promise.all(
      names
        .slice(0, collections)
        .map(async (name) => ({ what: `documents in ${name}`, count: await database.collection(name).countDocuments() })),
    );
  } finally {
    await client.close();
  }
}
