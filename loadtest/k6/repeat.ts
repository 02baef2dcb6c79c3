/** `repeat`: asks what somebody asked before. The answer must come from the store, without any computing, and be the same to the last bit. */
import { sha256 } from "k6/crypto";
import { cutAnswer, findFault } from "../queries/find-fault.ts";
import type { Question } from "../queries/question.ts";
import { draw } from "../queries/question.ts";
import { findFailure, post, postAndWait, readStatus } from "./client.ts";
import { type Fault, judge, timeToComplete, timeToFirstHistogram } from "./metrics.ts";
import { firstLookAt, placeOf, refineAt } from "./next-question.ts";
import { run } from "./settings.ts";

const distinct = 50;
/** Their indices are apart from those of questions that are asked once. */
const firstIndex = 9_000_000;

/** What `setup` hands to each virtual user. It is small, since each user parses a copy of all of it before its first question. */
export interface Repeated {
  readonly body: string;
  /** SHA-256 of the right answer's text, in hexadecimal. */
  readonly digest: string;
}

function askedAt(which: number): Question {
  const place = placeOf(firstIndex + which);
  return which % 2 === 0 ? firstLookAt(place) : refineAt(place);
}

/** Asks every question that will be repeated for the first time, and checks the answers. */
export function plantRepeats(): readonly Repeated[] {
  return Array.from({ length: distinct }, (_, which) => {
    const { query, expected } = askedAt(which);
    const body = JSON.stringify(query);
    const response = postAndWait(body);
    const fault = findFailure(response, 200)?.text ?? findFault(readStatus(response), expected);
    if (fault) throw new Error(`Cannot begin: the answer to a query that is to be repeated is wrong: ${fault}\n${body}`);
    const digest = digestAnswer(response.body);
    if (digest === undefined) throw new Error(`Cannot begin: no answer is found in a status:\n${response.body.slice(0, 200)}`);
    return { body, digest };
  });
}

export function repeat(repeated: readonly Repeated[]): void {
  const which = draw(distinct, run, __VU, __ITER);
  const { body, digest } = repeated[which]!;
  const response = post(body);
  const isSame =
    response.status === 200 &&
    response.body.includes('"state":"done"') &&
    response.body.includes('"joined":0,"queued":0') &&
    digestAnswer(response.body) === digest;
  if (!judge("repeat", isSame ? undefined : explain(response, which))) return;
  timeToComplete.add(response.timings.duration);
  timeToFirstHistogram.add(response.timings.duration);
}

function digestAnswer(text: string): string | undefined {
  const answer = cutAnswer(text);
  return answer === undefined ? undefined : sha256(answer, "hex");
}

/** Tells how an answer differs from the first one. Must only be called if their texts differ. */
function explain(response: ReturnType<typeof post>, which: number): Fault {
  const failure = findFailure(response, 200);
  if (failure) return failure;
  const status = readStatus(response);
  const { queued, joined } = status.submission ?? {};
  if (queued !== 0 || joined !== 0) return `${queued} partitions queued, ${joined} joined, though the answer is stored`;
  return findFault(status, askedAt(which).expected) ?? "it is not the same, bit for bit, as before";
}
