/** `bad-input`: the answer must say what is wrong, and where. */
import { badInput, findFaultOfRefusal } from "../queries/bad-input.ts";
import { findFailure, postBadInput } from "./client.ts";
import { judge, timeToComplete } from "./metrics.ts";
import { nextPlace } from "./question.ts";

export function refuse(): void {
  const bad = badInput(nextPlace());
  const response = postBadInput(bad.body);
  const fault = findFailure(response, 400) ?? findFaultOfRefusal(JSON.parse(response.body), bad);
  if (judge("bad-input", fault && `${bad.what}: ${fault}`)) timeToComplete.add(response.timings.duration);
}
