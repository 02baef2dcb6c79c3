/** Whether a query still has something to wait for. */
import { parseSubtaskBody } from "./bodies.ts";
import type { SessionContext } from "./context.ts";
import { subtaskPath } from "./layout.ts";
import type { Segments } from "./segments.ts";

const atATime = 100;

/** The last of its subtasks that are waiting or running; undefined where there is none. Looks from the end: the first are done first. */
export async function findLiveSubtask(context: SessionContext, segments: Segments, query: string): Promise<string | undefined> {
  const known = await segments.list(context, query);
  for (const name of known?.names.toReversed() ?? []) {
    const { hashes } = await segments.read(context, known!, name);
    for (let end = hashes.length; end > 0; end -= atATime) {
      const slice = hashes.slice(Math.max(0, end - atATime), end).reverse();
      const live = await Promise.all(slice.map((hash) => isLive(context, hash)));
      const index = live.indexOf(true);
      if (index >= 0) return slice[index];
    }
  }
  return undefined;
}

/** It is there and has not failed. */
export async function isLive({ session, layout }: SessionContext, hash: string): Promise<boolean> {
  const content = await session.get(subtaskPath(layout, hash));
  return content !== undefined && parseSubtaskBody(content.data).failed === undefined;
}
