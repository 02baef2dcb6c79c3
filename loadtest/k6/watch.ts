/**
 * `watch`: a query followed while it fills in. k6 reads a stream of events only as a whole, so this asks for the status again and again, soon
 * at first; `npm run loadtest -- watchers` follows real streams.
 */
import { sleep } from "k6";
import { isEnded } from "../../functions/api.ts";
import { type Answer, findFault } from "../queries/find-fault.ts";
import { findFailure, getStatus, post, readStatus } from "./client.ts";
import { type Fault, judge, timeToComplete, timeToFirstHistogram } from "./metrics.ts";
import { heavyAt, nextPlace } from "./next-question.ts";

/** In seconds. */
const shortestPause = 0.005;
const longestPause = 0.1;
const longest = 30;

export function watch(): void {
  const { query, expected } = heavyAt({ ...nextPlace() });
  const start = Date.now();
  const elapsed = () => Date.now() - start;
  let response = post(JSON.stringify(query));
  let fault: Fault | undefined = findFailure(response, 200, 202);
  let counted = 0;
  let pause = shortestPause;
  while (!fault) {
    const status = readStatus(response);
    if (counted === 0 && status.events.done > 0) timeToFirstHistogram.add(elapsed());
    fault = findStepBack(status, counted);
    counted = status.events.done;
    if (fault || isEnded(status)) {
      fault ??= findFault(status, expected);
      break;
    }
    if (elapsed() > longest * 1000) fault = { text: `not done after ${longest} s`, refused: false };
    sleep(pause);
    pause = Math.min(longestPause, pause * 1.5);
    response = getStatus(status.id);
    fault ??= findFailure(response, 200);
  }
  if (judge("watch", fault)) timeToComplete.add(elapsed());
}

/** Checks an answer on the way: events are only ever added, and the first line of the cut flow counts all that are done. */
function findStepBack({ events, cutflow }: Answer, before: number): string | undefined {
  if (events.done < before) return `${events.done} events after ${before}`;
  if (cutflow[0]?.events !== events.done) return `the cut flow has seen ${cutflow[0]?.events} of ${events.done} events`;
  return undefined;
}
