/**
 * How long the event loop was kept from its timers by work of its own thread: processor time between two ticks, which other
 * processes cannot add to. Where the system does not tell (it is Linux that does), wall-clock time.
 */
import { existsSync, readFileSync } from "node:fs";

const schedule = "/proc/thread-self/schedstat";
const now: () => number = existsSync(schedule)
  ? () => Number(readFileSync(schedule, "latin1").split(" ")[0]) / 1e6
  : () => performance.now();

/** Measures until the returned function is called, which returns milliseconds. */
export function measureLongestTurn(): () => number {
  let last = now();
  let longest = 0;
  const tick = () => {
    const time = now();
    longest = Math.max(longest, time - last);
    last = time;
  };
  const timer = setInterval(tick, 5);
  return () => {
    clearInterval(timer);
    tick();
    return longest;
  };
}
