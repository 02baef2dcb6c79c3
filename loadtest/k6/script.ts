/**
 * The script that k6 runs, for every scenario: `-e SCENARIO=NAME` chooses. k6 calls `setup` once before the load, `ask` for each question,
 * and `handleSummary` at the end.
 */

import { badInput, findFaultOfRefusal } from "../queries/bad-input.ts";
import { findFault } from "../queries/find-fault.ts";
import { type Kind, kinds, loadBegins, ratesOf } from "../queries/kinds.ts";
import type { Question } from "../queries/question.ts";
import { drawKinds } from "../runner/report/draw-report.ts";
import { readKind, type Summary } from "../runner/report/report.ts";
import { cancel } from "./cancel.ts";
import { findFailure, postAndWait, postBadInput, readStatus } from "./client.ts";
import { judge, timeToComplete, timeToFirstHistogram } from "./metrics.ts";
import { firstLookAt, heavyAt, nextPlace, placeOf, refineAt } from "./next-question.ts";
import { openModel } from "./open-model.ts";
import { plantRepeats, type Repeated, repeat } from "./repeat.ts";
import { rate, scenario, summaryPath } from "./settings.ts";
import { watch } from "./watch.ts";

export const options = openModel(scenario, rate);

const actions: Readonly<Record<Kind, (repeated: readonly Repeated[]) => void>> = {
  "first-look": () => askOnce("first-look", firstLookAt(nextPlace())),
  refine: () => askOnce("refine", refineAt(nextPlace())),
  repeat,
  heavy: () => askOnce("heavy", heavyAt(nextPlace())),
  watch,
  cancel,
  "bad-input": askBadInput,
};

/** The number of queries before the load, which bring columns into memory and code to speed: a server's start shall not be measured. */
const warmUps = 12;
/** Their indices are apart from those of the load. */
const firstIndex = 8_000_000;

/** Warms the server up, asks for the first time what `repeat` will ask again, and tells the runner when it is done. */
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

/** Asks a new question, waits for the whole answer and compares it. */
function askOnce(what: string, { query, expected }: Question): void {
  const response = postAndWait(JSON.stringify(query));
  const fault = findFailure(response, 200) ?? findFault(readStatus(response), expected);
  if (!judge(what, fault)) return;
  timeToComplete.add(response.timings.duration);
  timeToFirstHistogram.add(response.timings.duration);
}

/** Asks a query with one mistake; the refusal must name the mistake and its place. */
function askBadInput(): void {
  const bad = badInput(nextPlace());
  const response = postBadInput(bad.body);
  let fault: ReturnType<typeof findFailure> | string = findFailure(response, 400);
  if (!fault) {
    const wrong = findFaultOfRefusal(JSON.parse(response.body), bad);
    fault = wrong && `${bad.what}: ${wrong}`;
  }
  if (judge("bad-input", fault)) timeToComplete.add(response.timings.duration);
}

/** Writes the summary for the runner as JSON; a person who runs k6 gets a table. */
export function handleSummary(summary: Summary): Record<string, string> {
  if (summaryPath) return { [summaryPath]: JSON.stringify(summary) };
  const rates = ratesOf(scenario, rate);
  const found = kinds.filter((kind) => rates.has(kind)).map((kind) => readKind(summary, kind, rates.get(kind)!));
  return { stdout: `\n${drawKinds(found).join("\n")}\n` };
}
