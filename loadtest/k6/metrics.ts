/** The script's own metrics, in addition to k6's. Every sample is tagged with the kind of its question. */
import { check } from "k6";
import { Counter, Trend } from "k6/metrics";

/** Milliseconds from the question to the first answer that has counted events. */
export const timeToFirstHistogram = new Trend("time_to_first_histogram", true);
/** Milliseconds from the question to the whole answer; for a cancelled query, until nothing of it runs. */
export const timeToComplete = new Trend("time_to_complete", true);
/** Right answers. */
export const answers = new Counter("answers");
export const wrongAnswers = new Counter("wrong_answers");
/** Questions that a server with too much to do refused, saying when to ask again. */
export const refusedAnswers = new Counter("refused_answers");
/** Questions that got an unexpected status, or no answer in time. */
export const failedAnswers = new Counter("failed_answers");

/** There was no answer in time, or one of an unexpected status. */
export interface Failure {
  readonly text: string;
  /** The server answered 429 or 503 with `Retry-After`. */
  readonly refused: boolean;
}

/** What is wrong with an answer, or why there is none. */
export type Fault = string | Failure;

/** Counts an answer and prints its fault, since numbers alone would not help to find it. True if the answer is right. */
export function judge(what: string, fault: Fault | undefined): boolean {
  const right = check(fault, { [what]: (found) => found === undefined });
  if (fault === undefined) answers.add(1);
  else if (typeof fault === "string") {
    wrongAnswers.add(1);
    console.error(`wrong answer to ${what}: ${fault}`);
  } else if (fault.refused) refusedAnswers.add(1);
  else {
    failedAnswers.add(1);
    console.error(`no answer to ${what}: ${fault.text}`);
  }
  return right;
}
