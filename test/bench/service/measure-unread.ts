/**
 * Measures a query in a process that has run for a while but never read these columns: its code has run, its memory was used before, and the system has the
 * file in memory, but nothing of the file is decoded. This is comparable with DuckDB when it scans a file again.
 *
 * Files are distinguished by their paths, so each query of each round has a dataset with its own link to the file.
 */
import { symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { temporaryDirectory } from "../../runtime/server-process.ts";
import { timed } from "../../support/timing.ts";
import type { Took } from "./engine-threads.ts";
import { complete, medians } from "./measure-service.ts";
import { type Service, startService } from "./servers.ts";

interface Options {
  readonly data: string;
  readonly names: readonly string[];
  readonly rounds: number;
  readonly threads: number;
  readonly nodes: number;
  /** The memory for columns of each process, small enough to be full after a few rounds. */
  readonly memory: string;
}

/** The fewest and the most rounds before those that are measured: the host compiles in them, and the memory for columns becomes full. */
const warmUps = 2;
const mostWarmUps = 12;

/** Medians, by query. */
export async function measureUnread({ data, names, rounds, threads, nodes, memory }: Options): Promise<ReadonlyMap<string, Took>> {
  const folder = await temporaryDirectory();
  try {
    const datasets = Array.from({ length: (mostWarmUps + rounds) * names.length }, (_, index) => ({
      name: `unread-${index}`,
      path: join(folder.path, `${index}.parquet`),
    }));
    for (const { path } of datasets) await symlink(resolve(data), path);
    const args = [...datasets.flatMap(({ name, path }) => ["--data", `${name}=${path}`]), "--memory", memory];
    const service = await startService({ args, threads, nodes });
    try {
      return await measureRounds(service, { datasets: datasets.map(({ name }) => name), names, rounds });
    } finally {
      await service.stop();
    }
  } finally {
    await folder.remove();
  }
}

async function measureRounds(
  service: Service,
  { datasets, names, rounds }: { readonly datasets: readonly string[]; readonly names: readonly string[]; readonly rounds: number },
): Promise<ReadonlyMap<string, Took>> {
  const fresh = datasets.values();
  const took = new Map(names.map((name) => [name, [] as Took[]]));
  let warmUp = 0;
  while (warmUp < warmUps || (warmUp < mostWarmUps && !(await isUsedUp(service)))) {
    for (const name of names) await measureOnce(service, name, fresh.next().value!);
    warmUp++;
  }
  for (let round = 0; round < rounds; round++)
    for (const name of names) took.get(name)!.push(await measureOnce(service, name, fresh.next().value!));
  return new Map([...took].map(([name, all]) => [name, medians(all)]));
}

async function measureOnce(service: Service, name: string, dataset: string): Promise<Took> {
  // Only the query is measured, not the first look at the files.
  await (await fetch(`${service.url}/datasets/${dataset}`)).body?.cancel();
  const before = service.cpu();
  const wall = await timed(() => complete(service, name, dataset));
  return { wall, cpu: service.cpu() - before };
}

/** Whether most of the memory for columns has been written to. */
async function isUsedUp({ url }: Service): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? 0);
  return read("femtoq_cache_bytes") > 0.8 * read("femtoq_cache_limit_bytes");
}
