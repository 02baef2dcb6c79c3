/** Measures the whole path over HTTP on the demo dataset: a real server process, a fresh state directory, default threads. */
import { startServerProcess, temporaryDirectory } from "../runtime/server-process.ts";
import { post } from "../runtime/slow-query.ts";
import { latencies, median, timed } from "../support/timing.ts";
import { until } from "../support/until.ts";

export interface Figure {
  readonly what: string;
  readonly milliseconds: number;
  /** Milliseconds that it should take at most on a machine of two cores. */
  readonly aim: number;
}

/** A query that differs with `cut`, so that its result is not stored yet, but always reads the same columns. */
const dimuon = (cut: number) => ({
  dataset: "demo",
  histograms: {
    mass: {
      axes: [
        {
          type: "regular",
          bins: 120,
          lower: 0,
          upper: 120 + cut,
          value: "Muon.pairs().filter((a, b) => a.charge != b.charge).map((a, b) => (a + b).mass)",
        },
      ],
    },
  },
});

export async function benchmarkDemo(onStep: (step: string) => void): Promise<readonly Figure[]> {
  const state = await temporaryDirectory();
  try {
    onStep("making the demo dataset");
    const maker = await startServerProcess(["--state", state.path, "--log-level", "warn"]);
    await demoIsMade(maker.url);
    maker.kill("SIGTERM");
    await maker.exited;
    onStep("measuring");
    const server = await startServerProcess(["--state", state.path, "--log-level", "warn"]);
    try {
      return await measure(server.url);
    } finally {
      server.kill("SIGTERM");
      await server.exited;
    }
  } finally {
    await state.remove();
  }
}

async function measure(url: string): Promise<readonly Figure[]> {
  await untilReady(url);
  const cold = await timed(() => post(url, dimuon(0), 60));
  const cached: number[] = [];
  const progress: number[] = [];
  for (let round = 1; round <= 11; round++) {
    cached.push(await timed(() => post(url, dimuon(round), 60)));
    progress.push(await timed(() => firstEvent(url, dimuon(100 + round))));
    await post(url, dimuon(100 + round), 60);
  }
  const repeats = await latencies(200, () => post(url, dimuon(0)));
  return [
    { what: "dimuon mass over 1 M events, cold", milliseconds: cold, aim: 600 },
    { what: "dimuon mass over 1 M events, columns cached, p50 of 11", milliseconds: median(cached), aim: 60 },
    { what: "first progress event after POST, p50 of 11", milliseconds: median(progress), aim: 50 },
    { what: "stored repeat, p50 of 200", milliseconds: median(repeats), aim: 3 },
  ];
}

async function demoIsMade(url: string): Promise<void> {
  await until(async () => {
    const { preparing } = (await (await fetch(`${url}/datasets/demo`)).json()) as { preparing?: unknown };
    return !preparing;
  }, "the demo dataset");
}

async function untilReady(url: string): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).ok, "readiness");
  await post(
    url,
    { dataset: "demo", histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } } },
    60,
  );
}

/** POSTs a query and reads its stream to the end of the first event. */
async function firstEvent(url: string, query: object): Promise<void> {
  const { status } = await post(url, query);
  const events = await fetch(`${url}/queries/${status.id}/events`);
  const reader = events.body!.getReader();
  await reader.read();
  await reader.cancel();
}
