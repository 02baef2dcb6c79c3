/** Waiting until a server has nothing left to do: what a run left behind is not to be measured by the next one. */
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "../target.ts";

/** Milliseconds. */
const pause = 250;
const longestRest = 120_000;
const quietLooks = 2;

/** Resolves when nothing waits or runs, and in any case after two minutes; true where it rests. */
export async function waitForRest({ urls }: Pick<Target, "urls">, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + longestRest;
  for (let quiet = 0; quiet < quietLooks; quiet = (await isResting(urls[0]!)) ? quiet + 1 : 0) {
    if (performance.now() > end) return false;
    await wait(pause, undefined, { signal });
  }
  return true;
}

/** False, too, where it is too busy to say. */
async function isResting(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/nodes`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  if (!answer?.ok) return false;
  const { subtasks } = (await answer.json()) as { readonly subtasks: { readonly unowned: number; readonly owned: number } };
  return subtasks.unowned + subtasks.owned === 0;
}
