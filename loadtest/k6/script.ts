/** What k6 calls in every script: `setup` before the load, `ask` for each iteration, `handleSummary` at the end. */
import { defaultRate, type Kind, kinds, ratesOf } from "../queries/kinds.ts";
import { loadBegins } from "../queries/load-begins.ts";
import { drawKinds } from "../runner/report/draw-report.ts";
import { readKind, type Summary } from "../runner/report/report.ts";
import { askOnce } from "./ask-once.ts";
import { cancel } from "./cancel.ts";
import { findFailure, postAndWait } from "./client.ts";
import { firstLookAt, heavyAt, nextPlace, placeOf, refineAt } from "./question.ts";
import { refuse } from "./refuse.ts";
import { plantRepeats, type Repeated, repeat } from "./repeat.ts";
import { rate, summaryPath } from "./settings.ts";
import { watch } from "./watch.ts";

const actions: Readonly<Record<Kind, (repeated: readonly Repeated[]) => void>> = {
  "first-look": () => askOnce("first-look", firstLookAt(nextPlace())),
  refine: () => askOnce("refine", refineAt(nextPlace())),
  repeat,
  heavy: () => askOnce("heavy", heavyAt(nextPlace())),
  watch,
  cancel,
  "bad-input": refuse,
};

/** Queries that bring columns into memory and code to speed: a server that has just started is not what is measured. */
const warmUps = 12;
/** Apart from the indices of the load. */
const firstIndex = 8_000_000;

/** Asks what `repeat` repeats, too; says when it is done, for the runner. */
export function setup(): readonly Repeated[] {
  for (let index = 0; index < warmUps; index++) {
    const place = placeOf(firstIndex + index);
    for (const { query } of [firstLookAt(place), refineAt(place), heavyAt(place)]) {
      const failure = findFailure(postAndWait(JSON.stringify(query)), 200);
      if (failure) throw new Error(`Cannot begin: the server does not answer a first query: ${failure.text}`);
    }
  }
  const repeated = plantRepeats();
  console.info(loadBegins);
  return repeated;
}

export function ask(repeated: readonly Repeated[]): void {
  actions[__ENV.KIND as Kind](repeated);
}

/** The runner reads a file; a person who runs k6 gets a table. */
export function handleSummary(summary: Summary): Record<string, string> {
  if (summaryPath) return { [summaryPath]: JSON.stringify(summary) };
  const asked = kinds.filter((kind) => summary.metrics[`answers{kind:${kind}}`] !== undefined);
  const scenario = asked.length === 1 ? asked[0]! : "mixed";
  const rates = ratesOf(scenario, rate ?? defaultRate(scenario));
  const found = asked.map((kind) => readKind(summary, kind, rates.get(kind) ?? 0));
  return { stdout: `\n${drawKinds(found).join("\n")}\n` };
}
