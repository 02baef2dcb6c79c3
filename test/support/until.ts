import assert from "node:assert/strict";

/** Milliseconds: so much that only what never comes takes it, on any machine. */
const longest = 60_000;

/** Looks until `condition` holds. */
export async function until(condition: () => Promise<boolean> | boolean, what = "it"): Promise<void> {
  for (const end = performance.now() + longest; !(await condition()); ) {
    assert(performance.now() < end, `${what} did not come about in ${longest / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
