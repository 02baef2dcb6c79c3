/**
 * This process as a node of the coordinator: joins as soon as that works, and pulls subtasks from then on.
 *
 *   joining → pulling → left      `stop` leads to left from anywhere
 */

import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import type { PullLoop } from "./pull-loop.ts";

export interface NodeProcess {
  notReady(): readonly string[];
  /**
   * Hands claims back and leaves. Where the coordinator does not take that within `longestLeave`, it resolves all the same: the claims return when the session ends.
   */
  stop(): Promise<void>;
}

/** Milliseconds. */
const firstPause = 100;
const longestPause = 5_000;
const longestLeave = 3_000;

/** `join` may wait for the coordinator as long as it likes. */
export function startNode(join: () => Promise<PullLoop>, log: Log): NodeProcess {
  const stopping = new AbortController();
  const { signal } = stopping;
  let pulling: PullLoop | undefined;
  let reason = "it has not joined yet";
  void joinAgain();

  return {
    notReady: () => (pulling ? [] : [`this process computes nothing: ${reason}`]),
    async stop() {
      stopping.abort();
      const late = new AbortController();
      const left = pulling?.stop().catch((err: unknown) => log.warn({ err }, "the node could not leave; its claims return by themselves"));
      await Promise.race([left, pause(longestLeave, late.signal)]);
      late.abort();
    },
  };

  async function joinAgain(): Promise<void> {
    for (let wait = firstPause; !signal.aborted; wait = Math.min(longestPause, wait * 2)) {
      try {
        const joined = await join();
        if (!signal.aborted) pulling = joined;
        else await joined.stop();
        return;
      } catch (error) {
        if (signal.aborted) return;
        reason = error instanceof Error ? error.message : String(error);
        log.warn({ err: error, pause: wait }, "cannot join as a node; trying again");
      }
      await pause(wait, signal);
    }
  }
}
