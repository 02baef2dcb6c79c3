/** `cancel`: withdraws a query that would take seconds, and measures how long parts of it still run. */
import { sleep } from "k6";
import { slow } from "../queries/heavy.ts";
import { findFailure, getStatus, post, readStatus, type Status, withdraw } from "./client.ts";
import { type Fault, judge, timeToComplete } from "./metrics.ts";
import { nextPlace } from "./next-question.ts";

/** In seconds. */
const pause = 0.02;
const longest = 10;

export function cancel(): void {
  const accepted = post(JSON.stringify(slow(nextPlace())));
  let fault: Fault | undefined = findFailure(accepted, 202);
  if (!fault) {
    sleep(pause);
    const start = Date.now();
    fault = withdrawAndFollow(readStatus(accepted).id, start);
    if (!fault) timeToComplete.add(Date.now() - start);
  }
  judge("cancel", fault);
}

function withdrawAndFollow(id: string, start: number): Fault | undefined {
  let response = withdraw(id);
  for (;;) {
    const failure = findFailure(response, 200);
    if (failure) return failure;
    const status = readStatus(response);
    if (status.state !== "cancelled") return `state is ${status.state} after the only client withdrew`;
    if (status.partitions.loading + status.partitions.running === 0) return findMiscount(status);
    if (Date.now() - start > longest * 1000) return `${status.partitions.running} partitions still run after ${longest} s`;
    sleep(pause);
    response = getStatus(id);
  }
}

/** Checks that every event that was counted is in every histogram once. */
function findMiscount({ events, histograms }: Status): string | undefined {
  for (const [name, { storage }] of Object.entries(histograms)) {
    const filled = storage.values.reduce((sum, value) => sum + value, 0);
    if (filled !== events.done) return `histogram ${name} has ${filled} of ${events.done} events`;
  }
  return undefined;
}
