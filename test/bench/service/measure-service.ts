/** How long the service takes for the ADL queries over one file, cold and with all columns in memory. */
import { setTimeout } from "node:timers/promises";
import { post } from "../../runtime/slow-query.ts";
import { median, timed } from "../../support/timing.ts";
import { places, readExample } from "../adl/prepare-queries.ts";
import type { Took } from "./engine-threads.ts";
import type { Service } from "./servers.ts";

export interface ServiceTimes {
  readonly partitions: number;
  /** Columns in memory. */
  readonly memory: Took;
  /** Milliseconds by the clock on the wall: from a POST until a status tells of a partition that is done. */
  readonly firstProgress: number;
  /** Medians in a process that was just started; absent if they were not requested. */
  readonly cold?: Took;
}

interface Options {
  readonly rounds: number;
  readonly coldRounds: number;
}

/** In milliseconds. */
const idle = 400;
const mostLooks = 50;

let variants = 0;

/** The same columns with different bins each time, so that nobody has asked for it before. */
function variantOf(name: string, dataset: string): object {
  const [, file, histogram] = places.find((place) => place[0] === name)!;
  const query = readExample(file, histogram) as { histograms: Record<string, { axes: { upper: number }[] }> };
  query.histograms[histogram].axes[0].upper *= 1 + ++variants / 1000;
  return { ...query, dataset };
}

export async function measureService(service: Service, name: string, { rounds, coldRounds }: Options): Promise<ServiceTimes> {
  const cold: Took[] = [];
  for (let round = 0; round < coldRounds; round++) {
    await service.restart();
    // Only the query is measured, not the start, nor the first look at the files.
    await (await fetch(`${service.url}/datasets/events`)).body?.cancel();
    await untilIdle(service);
    const before = service.cpu();
    const wall = await timed(() => complete(service, name));
    cold.push({ wall, cpu: service.cpu() - before });
  }
  let partitions = 0;
  for (let warmUp = 0; warmUp < 4; warmUp++) partitions = await complete(service, name);
  const first: number[] = [];
  for (let round = 0; round < Math.min(5, rounds); round++) first.push(await timeFirstProgress(service, name));
  const walls: number[] = [];
  const before = service.cpu();
  for (let round = 0; round < rounds; round++) walls.push(await timed(() => complete(service, name)));
  const cpu = (service.cpu() - before) / rounds;
  const memory = { wall: median(walls), cpu };
  return { partitions, memory, firstProgress: median(first), ...(coldRounds > 0 && { cold: medians(cold) }) };
}

export const medians = (all: readonly Took[]): Took => ({
  wall: median(all.map(({ wall }) => wall)),
  cpu: median(all.map(({ cpu }) => cpu)),
});

/** Waits until two looks at its processor time find the same. */
export async function untilIdle(service: Service): Promise<void> {
  let used = -1;
  for (let look = 0; look < mostLooks && used !== service.cpu(); look++) {
    used = service.cpu();
    await setTimeout(idle);
  }
}

/** Returns the number of partitions that were computed. */
export async function complete({ url }: Service, name: string, dataset = "events"): Promise<number> {
  const { status } = await post(url, variantOf(name, dataset), 60);
  const { total, done } = status.partitions;
  if (status.state !== "done" || done !== total) throw new Error(`Query ${name} was not computed: ${JSON.stringify(status)}`);
  return total;
}

async function timeFirstProgress({ url }: Service, name: string): Promise<number> {
  const begun = performance.now();
  const { status } = await post(url, variantOf(name, "events"));
  const events = await fetch(`${url}/queries/${status.id}/events`);
  let text = "";
  let first: number | undefined;
  // To its end: the next query should find nothing that still runs.
  for await (const bytes of events.body!.pipeThrough(new TextDecoderStream())) {
    text += bytes;
    if (first === undefined && /"done":[1-9]/.test(text)) first = performance.now() - begun;
  }
  return first!;
}
