/**
 * A siege: hogs whose queries compute for ever, one user under ever new names, and requests that are only half sent. Meanwhile honest clients ask, and
 * every answer is compared. Each client has an address of its own, which the server learns as from a proxy (`--trust-proxy`).
 */

import { once, setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Timing } from "../../functions/api.ts";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { quantile } from "../../test/support/timing.ts";
import { type Answer, findFault } from "../queries/find-fault.ts";
import { firstLook, spectrumOf } from "../queries/first-look.ts";
import { everyEvent, type Place } from "../queries/question.ts";
import type { References } from "../queries/references.ts";
import type { Target } from "./target.ts";

export interface SiegeOptions {
  /** In milliseconds. */
  readonly duration: number;
  /** A factor for the limit on latency. */
  readonly slack: number;
  /** The path of the right answers. */
  readonly references: string;
  readonly signal: AbortSignal;
}

export interface SiegeReport {
  readonly parties: readonly Party[];
  /** The failures that honest clients met. */
  readonly faults: readonly string[];
}

export interface Party {
  readonly who: string;
  /** How many requests ended in each way: `right`, a status, or a fault. */
  readonly ends: Readonly<Record<string, number>>;
  /** The milliseconds of each right answer after the warm-up. */
  readonly taken: readonly number[];
  /** How the time of each of these is divided. */
  readonly spent: readonly Spent[];
}

/** The milliseconds of one answer by stage. `compiling`, `thread`, `computing` and `saving` are means over its partitions. */
type Spent = Readonly<Record<(typeof stages)[number], number>>;

const stages = ["before and after", "first claim", "last claim", "compiling", "thread", "computing", "saving"] as const;

/** `taken` is the milliseconds from the question to the answer. Undefined if nothing was computed for it. */
function divide(taken: number, { seconds, phases, measured, slowest }: Timing): Spent | undefined {
  if (!phases || !measured || !slowest) return undefined;
  const mean = (sum: number) => (1000 * sum) / measured;
  return {
    "before and after": taken - 1000 * seconds,
    "first claim": 1000 * phases.waiting,
    "last claim": 1000 * Math.max(...slowest.map(({ waiting }) => waiting)),
    compiling: mean(phases.compiling),
    thread: mean(phases.thread),
    computing: mean(phases.computing),
    saving: mean(phases.saving),
  };
}

const honest = 20;
const hogs = 2;
const halves = 500;
/** The number of queries of the flood at a time. */
const flood = 50;
/** The milliseconds between two questions of an honest client. */
const pause = 1_000;
const patience = 30_000;
/** The milliseconds for which honest clients are alone, while a newly started server compiles its code. */
const warmUp = 5_000;
/** The most milliseconds that 95 % of the honest answers may take. */
const mostP95 = 500;

export async function besiege(target: Target, { duration, slack, references, signal }: SiegeOptions): Promise<SiegeReport> {
  const { spectra, entries } = JSON.parse(await readFile(references, "utf8")) as References;
  const [url] = target.urls as readonly [string, ...string[]];
  // Not `AbortSignal.timeout` in `AbortSignal.any`: Node drops such a timer if nothing else refers to it.
  const siege = new AbortController();
  const timer = setTimeout(() => siege.abort(), warmUp + duration);
  const over = AbortSignal.any([signal, siege.signal]);
  setMaxListeners(0, over);
  const run = 1 + Math.floor(Math.random() * 999_999);
  const place = (index: number): Place => ({ run, index });
  const started = performance.now() + warmUp;

  const good = newParty(`${honest} honest clients`);
  const faults: string[] = [];
  const askHonestly = async (client: number) => {
    await wait((pause * client) / honest, undefined, { signal: over }).catch(() => undefined);
    for (let index = client; !over.aborted; index += honest) {
      const { query, expected } = firstLook(place(index), spectra[spectrumOf(place(index), spectra.length)]!, entries);
      const begun = performance.now();
      const { status, body } = await ask(url, query, { name: `honest-${client}`, address: `10.1.0.${client + 1}`, wait: patience });
      const late = `an honest question was not answered within ${patience / 1000} s`;
      const fault = status === 200 ? findFault(body, expected) : status === 202 ? late : `status ${status}: ${body.detail ?? ""}`;
      if (fault !== undefined) faults.push(fault);
      else if (begun >= started) {
        const taken = performance.now() - begun;
        good.taken.push(taken);
        const spent = body.timing && divide(taken, body.timing);
        if (spent) good.spent.push(spent);
      }
      count(good, fault === undefined ? "right" : status === 200 ? "wrong" : `${status}`);
      await wait(pause, undefined, { signal: over }).catch(() => undefined);
    }
  };

  const hog = newParty(`${hogs} hogs`);
  const askForEver = async (which: number) => {
    const asker = { name: `hog-${which}`, address: "10.2.0.1", wait: 0 };
    const { status, body } = await ask(url, endless(place(8_000_000 + which)), asker);
    count(hog, `${status}`);
    if (!over.aborted) await once(over, "abort");
    const { state } = (await (await fetch(new URL(`/queries/${body.id}`, url))).json()) as { readonly state?: string };
    if (state !== "running") faults.push(`a hog was ${state ?? "not taken"} at the end, so it kept nobody waiting`);
    // Ends everything that still runs when the siege is over.
    await fetch(new URL(`/queries/${body.id}`, url), { method: "DELETE", headers: headersOf(asker) });
  };

  const many = newParty("a flood of names");
  let asked = 0;
  const floodOn = async () => {
    while (!over.aborted) {
      const index = 7_000_000 + asked++;
      const axis = { type: "regular", bins: 10, lower: 0, upper: 9, value: `MET.pt * ${index}` };
      const query = { dataset: "demo", filter: [everyEvent(place(index), 7)], histograms: { m: { axes: [axis] } } };
      const { status } = await ask(url, query, { name: `m-${index}`, address: "10.3.0.1", wait: 0 });
      count(many, `${status}`);
      if (status === 0) await wait(pause / 10);
    }
  };

  const half = newParty(`${halves} bodies half sent`);
  const holdHalf = async () => {
    while (!over.aborted) count(half, await sendHalf(url, over));
  };

  const honestly = Array.from({ length: honest }, (_, client) => askHonestly(client));
  await wait(warmUp, undefined, { signal: over }).catch(() => undefined);
  await Promise.all([
    ...Array.from({ length: hogs }, (_, which) => askForEver(which)),
    ...Array.from({ length: flood }, floodOn),
    ...Array.from({ length: halves }, holdHalf),
    ...honestly,
  ]);
  clearTimeout(timer);
  signal.throwIfAborted();
  const p95 = quantile(good.taken, 0.95);
  if (!(p95 <= mostP95 * slack))
    faults.push(`p95 of ${p95.toFixed(0)} ms, at most ${mostP95 * slack} in ${Math.round((performance.now() - started) / 1000)} s`);
  return { parties: [good, hog, many, half], faults };
}

export function drawSiege({ parties, faults }: SiegeReport): string {
  const right = "right" as const;
  const spent = parties.flatMap((party) => party.spent);
  const rows = parties.map(({ who, ends, taken }) => [
    who,
    Object.entries(ends)
      .map(([end, times]) => `${times} ${end}`)
      .join(", "),
    ...[0.5, 0.95, 1].map((share) => (taken.length > 0 ? quantile(taken, share).toFixed(0) : "")),
  ]);
  return [
    ...drawTable(
      [{ head: "who" }, { head: "answers" }, ...["p50 [ms]", "p95 [ms]", "max [ms]"].map((head) => ({ head, align: right }))],
      rows,
    ),
    "",
    ...drawTable(
      [{ head: "of an honest answer" }, ...["p50 [ms]", "p95 [ms]"].map((head) => ({ head, align: right }))],
      stages.map((stage) => [
        stage,
        ...[0.5, 0.95].map((share) =>
          (
            quantile(
              spent.map((each) => each[stage]),
              share,
            ) || 0
          ).toFixed(0),
        ),
      ]),
    ),
    "",
    ...(faults.length > 0 ? faults.slice(0, 5).map((fault) => `NOT KEPT: ${fault}`) : ["Every honest answer was right and soon."]),
    "",
  ].join("\n");
}

const newParty = (who: string) => ({ who, ends: {} as Record<string, number>, taken: [] as number[], spent: [] as Spent[] });

function count({ ends }: { readonly ends: Record<string, number> }, end: string): void {
  ends[end] = (ends[end] ?? 0) + 1;
}

/**
 * A query with sums over all jets, of all jets, of all jets …, which does not end within a siege. The innermost term depends on all of them; otherwise it
 * would be computed only once for each event, outside of the loops.
 */
function endless(place: Place): object {
  const jets = Array.from({ length: 10 }, (_, level) => `x${level}`);
  const value = jets.reduceRight((inner, jet) => `Jet.sum(${jet} => ${inner})`, `sqrt(${jets.map((jet) => `${jet}.pt`).join(" + ")})`);
  const axis = { type: "regular", bins: 10, lower: 0, upper: 100, value };
  return { dataset: "demo", filter: [everyEvent(place, 8)], histograms: { m: { axes: [axis] } } };
}

interface Asker {
  readonly name: string;
  readonly address: string;
  /** In milliseconds. */
  readonly wait: number;
}

const headersOf = ({ name, address }: Asker) => ({ "femtoq-client": name, "x-forwarded-for": address });

/** Status 0: there was no answer. */
async function ask(
  url: string,
  query: object,
  asker: Asker,
): Promise<{
  readonly status: number;
  readonly body: Answer & { readonly id?: string; readonly detail?: string; readonly timing?: Timing };
}> {
  try {
    const answer = await fetch(`${url}/queries`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headersOf(asker), prefer: `wait=${asker.wait / 1000}` },
      body: JSON.stringify(query),
      signal: AbortSignal.timeout(patience + 5_000),
    });
    return { status: answer.status, body: (await answer.json()) as Answer };
  } catch (error) {
    return {
      status: 0,
      body: { detail: error instanceof Error ? String(error.cause ?? error.message) : String(error) } as Answer & { detail: string },
    };
  }
}

/** Sends a body byte by byte until the server has enough of it. */
function sendHalf(url: string, over: AbortSignal): Promise<string> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    let said = "";
    const socket: Socket = connect({ host: hostname, port: Number(port) }, () => {
      socket.write(`POST /queries HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: 10.4.0.1\r\nContent-Length: 900000\r\n\r\n{`);
    });
    const drip = setInterval(() => socket.readyState === "open" && socket.write(" "), 1_000);
    const stop = () => socket.destroy();
    over.addEventListener("abort", stop, { once: true });
    socket.on("data", (piece) => {
      said += piece;
      socket.end();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(drip);
      over.removeEventListener("abort", stop);
      resolve(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1] ?? "held");
    });
  });
}
