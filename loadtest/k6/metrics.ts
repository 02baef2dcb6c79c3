/** What the scripts measure beside k6's own; every sample is tagged with its kind. */
import { check } from "k6";
import { Counter, Trend } from "k6/metrics";

/** Milliseconds from the question to the first answer that has counted events. */
export const timeToFirstHistogram = new Trend("time_to_first_histogram", true);
/** Milliseconds from the question to the whole answer; of a cancelled query, until nothing of it runs. */
export const timeToComplete = new Trend("time_to_complete", true);
/** Right ones. */
export const answers = new Counter("answers");
export const wrongAnswers = new Counter("wrong_answers");
/** Questions that a server with too much to do refused, saying when to ask again. */
export const refusedAnswers = new Counter("refused_answers");
/** Questions that were answered otherwise than by an answer, not at all, or not in time. */
export const failedAnswers = new Counter("failed_answers");

/** No answer at all or in time, or one whose status says that there is none. */
export interface Failure {
  readonly text: string;
  /** With 429 or 503, and `Retry-After`. */
  readonly refused: boolean;
}

/** What is wrong with an answer, or why there is none. */
export type Fault = string | Failure;

/** Counts an answer; a fault is told on the terminal, for the numbers alone do not help to find it. */
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
