/** `first-look`, `refine`, `heavy`: a new question whose whole answer is waited for. */
import type { Asked } from "../queries/asked.ts";
import { findFault } from "../queries/find-fault.ts";
import { findFailure, postAndWait, readStatus } from "./client.ts";
import { judge, timeToComplete, timeToFirstHistogram } from "./metrics.ts";

export function askOnce(what: string, { query, expected }: Asked): void {
  const response = postAndWait(JSON.stringify(query));
  const fault = findFailure(response, 200) ?? findFault(readStatus(response), expected);
  if (!judge(what, fault)) return;
  timeToComplete.add(response.timings.duration);
  timeToFirstHistogram.add(response.timings.duration);
}
