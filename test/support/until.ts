import assert from "node:assert/strict";

/** In milliseconds. It is so long that on any machine only a condition that never holds takes it. */
const longest = 180_000;

/** Waits until `condition` holds, looking every few milliseconds. Rejects after three minutes. @param what names the condition in the error. */
export async function until(condition: () => Promise<boolean> | boolean, what = "it"): Promise<void> {
  for (const end = performance.now() + longest; !(await condition()); ) {
    assert(performance.now() < end, `${what} did not come about in ${longest / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
