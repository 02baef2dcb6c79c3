import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { WriteHealth } from "../../storage/write-health.ts";

test("a small write that a full disk takes between larger ones that it refuses does not end the refusal", (t) => {
  const now = mock.method(performance, "now", () => 10_000);
  t.after(() => now.mock.restore());
  const writes = new WriteHealth({ probe: async () => undefined, log: { info: () => undefined, error: () => undefined } });
  t.after(() => writes.close());
  writes.refused("the disk is full");
  writes.taken();
  assert.equal(writes.refusal, "the disk is full");
  now.mock.mockImplementation(() => 20_000);
  writes.taken();
  assert.equal(writes.refusal, undefined);
});
