/**
 * Decides which tab of this browser follows its query by a stream: the one that the user turned to last. A browser has six connections to a server for all
 * its tabs, and a stream takes one while its query runs, so the other tabs ask for the status now and then.
 *
 *   waiting --take--> has the turn --another tab takes it--> waiting
 *
 * @import { StreamTurn } from "../../client/follow-query.js"
 */

/** @returns {StreamTurn & { take(): void }} */
export function createStreamTurn() {
  const channel = new BroadcastChannel("femtoq.stream");
  let taken = new AbortController();
  let lost = new AbortController();

  function take() {
    channel.postMessage("taken");
    if (taken.signal.aborted) return;
    lost = new AbortController();
    taken.abort();
  }
  channel.addEventListener("message", () => {
    if (!taken.signal.aborted) return;
    taken = new AbortController();
    lost.abort(new Error("another tab follows its query by a stream"));
  });
  addEventListener("focus", take);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && take());

  return {
    take,
    get taken() {
      return taken.signal;
    },
    get lost() {
      return lost.signal;
    },
  };
}
