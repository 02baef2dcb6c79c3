/**
 * Makes this process a node of the coordinator: it joins as soon as the coordinator can be reached, and pulls subtasks from then on.
 *
 *   joining → pulling → left      `stop` leads to left from anywhere
 */

import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import { retry } from "../../base/retry.ts";
import type { PullLoop } from "./pull-loop.ts";

export interface NodeProcess {
  notReady(): readonly string[];
  /**
   * Claims nothing more, lets runs finish within `grace` milliseconds, hands the rest back and leaves. If the coordinator does not answer within
   * `longestLeave` after that, it resolves all the same; the claims return when the session ends.
   */
  stop(grace?: number): Promise<void>;
}

/** In milliseconds. */
const longestLeave = 3_000;

/** Starts the node. `join` may wait for the coordinator without limit. */
export function startNode(join: () => Promise<PullLoop>, log: Log): NodeProcess {
  const stopping = new AbortController();
  const { signal } = stopping;
  let pulling: PullLoop | undefined;
  let reason = "it has not joined yet";
  void joinAndPull();

  return {
    notReady: () => (pulling ? [] : [`this process computes nothing: ${reason}`]),
    async stop(grace) {
      stopping.abort();
      const late = new AbortController();
      const left = pulling
        ?.stop(grace)
        .catch((err: unknown) => log.warn({ err }, "the node could not leave; its claims return by themselves"));
      await Promise.race([left, pause((grace ?? 0) + longestLeave, late.signal)]);
      late.abort();
    },
  };

  async function joinAndPull(): Promise<void> {
    const onFailure = (error: unknown, wait: number) => {
      reason = error instanceof Error ? error.message : String(error);
      log.warn({ err: error, pause: wait }, "cannot join as a node; trying again");
    };
    try {
      const joined = await retry(join, { signal, onFailure });
      if (signal.aborted) await joined.stop();
      else pulling = joined;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
