/** `bad-input`: the answer must say what is wrong, and where. */
import { badInput, findFaultOfRefusal } from "../queries/bad-input.ts";
import { findFailure, postBadInput } from "./client.ts";
import { judge, timeToComplete } from "./metrics.ts";
import { nextPlace } from "./question.ts";

export function refuse(): void {
  const bad = badInput(nextPlace());
  const response = postBadInput(bad.body);
  if (judge("bad-input", findFailure(response, 400) ?? findWrong(JSON.parse(response.body), bad)))
    timeToComplete.add(response.timings.duration);
}

function findWrong(refusal: Parameters<typeof findFaultOfRefusal>[0], bad: ReturnType<typeof badInput>): string | undefined {
  const fault = findFaultOfRefusal(refusal, bad);
  return fault && `${bad.what}: ${fault}`;
}
