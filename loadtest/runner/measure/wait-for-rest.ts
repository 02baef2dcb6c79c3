/** Waits until a server has nothing left to do, so that the next run does not measure what the last one left behind. */
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "../target.ts";

/** In milliseconds: the pause between looks, and the longest wait. */
const pause = 250;
const longestRest = 120_000;
const quietLooks = 2;

/** Resolves with true when two looks in a row find nothing waiting or running, and with false after two minutes. */
export async function waitForRest({ urls }: Pick<Target, "urls">, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + longestRest;
  for (let quiet = 0; quiet < quietLooks; quiet = (await isResting(urls[0]!)) ? quiet + 1 : 0) {
    if (performance.now() > end) return false;
    await wait(pause, undefined, { signal });
  }
  return true;
}

/** A server that is too busy to answer does not rest. */
async function isResting(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/nodes`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  if (!answer?.ok) return false;
  const { subtasks } = (await answer.json()) as { readonly subtasks: { readonly unowned: number; readonly owned: number } };
  return subtasks.unowned + subtasks.owned === 0;
}
