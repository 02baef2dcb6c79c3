import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, Poller } from "../../../../functions/dispatch/follow/poller.ts";

/** Makes a clock that advances only when a test says so, and a poller with it. */
function openPoller({
  isAwaited = () => false,
  takes = 0,
  onLook,
}: {
  isAwaited?: () => boolean;
  takes?: number;
  onLook?: () => void;
} = {}) {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly action: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(milliseconds, action) {
      const timer = { at: now + milliseconds, action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  /** The times of all looks, in milliseconds. */
  const looks: number[] = [];
  const poller = new Poller({
    isNeeded: () => true,
    isAwaited,
    async look() {
      looks.push(now);
      now += takes;
      onLook?.();
    },
    onError: (error) => assert.fail(`${error}`),
    clock,
  });
  async function goTo(time: number): Promise<void> {
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= time).sort((a, b) => a.at - b.at);
      if (!next) break;
      timers.delete(next);
      now = Math.max(now, next.at);
      next.action();
      await new Promise((resolve) => setImmediate(resolve));
    }
    now = Math.max(now, time);
  }
  return { poller, looks, goTo };
}

test("Poller looks a second after a change, then with pauses that double while nothing changes, up to a minute", async () => {
  const { poller, looks, goTo } = openPoller();
  poller.changed();
  await goTo(200_000);
  assert.deepEqual(looks, [1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000]);
});

test("Poller is not put off by clients that begin to wait again and again", async () => {
  const { poller, looks, goTo } = openPoller();
  poller.changed();
  for (let time = 500; time <= 20_000; time += 500) {
    await goTo(time);
    poller.awaited();
  }
  assert.deepEqual(looks, [1_000, 3_000, 7_000, 12_000, 17_000]);
});

test("Poller brings a look that is a minute away nearer when somebody begins to wait", async () => {
  const { poller, looks, goTo } = openPoller();
  poller.changed();
  await goTo(70_000);
  assert.equal(looks.at(-1), 63_000);
  poller.awaited();
  await goTo(70_001);
  assert.equal(looks.at(-1), 70_000);
});

test("Poller looks while changes never end", async () => {
  const { poller, looks, goTo } = openPoller();
  for (let time = 0; time <= 12_000; time += 100) {
    await goTo(time);
    poller.changed();
  }
  assert.deepEqual(looks, [5_000, 10_000]);
});

test("Poller spends at most a twentieth of the time on looks, but for one that is asked for", async () => {
  const { poller, looks, goTo } = openPoller({ isAwaited: () => true, takes: 1_000 });
  poller.changed();
  await goTo(10_000);
  poller.awaited();
  await goTo(21_999);
  assert.deepEqual(looks, [1_000]);
  await goTo(22_000);
  assert.deepEqual(looks, [1_000, 22_000]);
  poller.now();
  await goTo(23_000);
  assert.deepEqual(looks, [1_000, 22_000, 23_000]);
});

test("Poller looks once more where a look is asked for during another", async () => {
  const { poller, looks, goTo } = openPoller({ onLook: () => void (looks.length === 1 && poller.now()) });
  poller.changed();
  await goTo(1_500);
  assert.deepEqual(looks, [1_000, 1_000]);
});
