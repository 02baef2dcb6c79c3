/** Steps of the references: lists made of lists grow so fast that a few random expressions would take hours. */

/** Calls of functions, and tuples, that one expression may take over one event. */
const mostSteps = 20_000;
let steps = 0;

/** The expression takes too long to be compared. */
export class TooManySteps extends Error {}

export function spend(count = 1): void {
  steps += count;
  if (steps > mostSteps) throw new TooManySteps(`more than ${mostSteps} steps`);
}

export function withBudget<Value>(evaluate: () => Value): Value {
  steps = 0;
  return evaluate();
}
