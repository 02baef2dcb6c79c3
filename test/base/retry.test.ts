import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseAfter, retry } from "../../base/retry.ts";

const backoff = { first: 1, longest: 4 };
const failing = (failures: number) => {
  let calls = 0;
  return async () => {
    if (++calls <= failures) throw new Error(`failure ${calls}`);
    return calls;
  };
};

test("pauseAfter doubles from the first pause to the longest, however many failures there are", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 2000].map((failures) => pauseAfter(failures, { first: 100, longest: 500 })),
    [100, 200, 400, 500, 500],
  );
});

test("retry gives what succeeds at last, and tells of every failure and the pause after it", async () => {
  const told: string[] = [];
  const onFailure = (error: unknown, pause: number) => told.push(`${(error as Error).message}, ${pause} ms`);
  assert.equal(await retry(failing(4), { signal: new AbortController().signal, onFailure, backoff }), 5);
  assert.deepEqual(told, ["failure 1, 1 ms", "failure 2, 2 ms", "failure 3, 4 ms", "failure 4, 4 ms"]);
});

test("retry rejects at once with what may not pass", async () => {
  const mayPass = (error: unknown) => (error as Error).message === "failure 1";
  await assert.rejects(retry(failing(3), { signal: new AbortController().signal, mayPass, backoff }), /failure 2/);
});

test("retry rejects with the last error when its signal aborts, also in the middle of a pause", async () => {
  const stop = new AbortController();
  const onFailure = () => queueMicrotask(() => stop.abort());
  await assert.rejects(retry(failing(9), { signal: stop.signal, onFailure, backoff: { first: 60_000, longest: 60_000 } }), /failure 1/);
  await assert.rejects(retry(failing(9), { signal: stop.signal }), /failure 1/);
});
