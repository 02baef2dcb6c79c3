/** `repeat`: what somebody asked before; the answer must come from the store, at once, and be the same to the last bit. */
import type { Asked } from "../queries/asked.ts";
import { draw } from "../queries/draw.ts";
import { cutAnswer, findFault } from "../queries/find-fault.ts";
import { findFailure, post, postAndWait, readStatus } from "./client.ts";
import { judge, timeToComplete, timeToFirstHistogram } from "./metrics.ts";
import { firstLookAt, nextPlace, placeOf, refineAt } from "./question.ts";

const distinct = 50;
/** Apart from the indices of the kinds that ask once. */
const firstIndex = 9_000_000;

/** What `setup` found out, for all virtual users. */
export interface Repeated {
  readonly body: string;
  /** Absent where answers have to be read. */
  readonly answer?: string;
}

function askedAt(which: number): Asked {
  const place = placeOf(firstIndex + which);
  return which % 2 === 0 ? firstLookAt(place) : refineAt(place);
}

/** Asks all of them for the first time. */
export function plantRepeats(): readonly Repeated[] {
  return Array.from({ length: distinct }, (_, which) => {
    const { query, expected } = askedAt(which);
    const body = JSON.stringify(query);
    const response = postAndWait(body);
    const fault = findFailure(response, 200) ?? findFault(readStatus(response), expected);
    if (fault) throw new Error(`Cannot begin: the answer to a query that is to be repeated is wrong: ${fault}\n${body}`);
    const answer = cutAnswer(response.body);
    return { body, ...(answer !== undefined && { answer }) };
  });
}

export function repeat(repeated: readonly Repeated[]): void {
  const { run, index } = nextPlace();
  const which = draw(distinct, run, index, 9);
  const { body, answer } = repeated[which]!;
  const response = post(body);
  const isSame =
    response.status === 200 &&
    answer !== undefined &&
    response.body.includes('"state":"done"') &&
    response.body.includes(answer) &&
    response.body.includes('"joined":0,"queued":0');
  if (!judge("repeat", isSame ? undefined : explain(response, which, answer))) return;
  timeToComplete.add(response.timings.duration);
  timeToFirstHistogram.add(response.timings.duration);
}

function explain(response: ReturnType<typeof post>, which: number, answer: string | undefined): string | undefined {
  const failure = findFailure(response, 200);
  if (failure) return failure;
  const status = readStatus(response);
  const { queued, joined } = status.submission ?? {};
  if (queued !== 0 || joined !== 0) return `${queued} partitions queued, ${joined} joined, though the answer is stored`;
  const fault = findFault(status, askedAt(which).expected);
  return fault ?? (answer === undefined || cutAnswer(response.body) === answer ? undefined : "it is not the same, bit for bit, as before");
}
