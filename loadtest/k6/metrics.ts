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

/** Counts an answer; a fault is told on the terminal, for the numbers alone do not help to find it. */
export function judge(what: string, fault: string | undefined): boolean {
  const right = check(fault, { [what]: (found) => found === undefined });
  if (right) answers.add(1);
  else {
    wrongAnswers.add(1);
    console.error(`wrong answer to ${what}: ${fault}`);
  }
  return right;
}
