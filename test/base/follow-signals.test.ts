import assert from "node:assert/strict";
import { test } from "node:test";
import { followSignals } from "../../base/follow-signals.ts";

test("followSignals aborts with the reason of the first signal that does, also one that has", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const { signal } = followSignals([a.signal, b.signal]);
  assert.equal(signal.aborted, false);
  b.abort("second");
  a.abort("first");
  assert.equal(signal.reason, "second");
  assert.equal(followSignals([new AbortController().signal, a.signal]).signal.reason, "first");
});

test("followSignals leaves nothing at its signals once it is released", () => {
  const { signal } = new AbortController();
  let listening = 0;
  const counting = new Proxy(signal, {
    get(target, name) {
      if (name === "addEventListener") listening++;
      if (name === "removeEventListener") listening--;
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const followed = Array.from({ length: 100 }, () => followSignals([counting]));
  assert.equal(listening, 100);
  for (const { release } of followed) release();
  assert.equal(listening, 0);
});
