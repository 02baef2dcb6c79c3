/** A request in parts that fit into one transaction each: one program, one dataset, bounded in subtasks and bytes. A key that comes twice counts once. */
import { setImmediate as turn } from "node:timers/promises";
import type { Subtask } from "../../coordinator.ts";
import { hashName } from "../znodes/layout.ts";
import type { HashedSubtask } from "./submit.ts";

const mostPerPart = 500;
/** A request may have a million bytes, and each subtask's own znode takes about 150 of them. */
const mostBytes = 400_000;
const perTurn = 2_000;

export async function splitRequest(
  subtasks: readonly Subtask[],
): Promise<{ readonly parts: readonly (readonly HashedSubtask[])[]; readonly repeated: number }> {
  const parts: HashedSubtask[][] = [];
  const open = new Map<string, { part: HashedSubtask[]; bytes: number }>();
  const seen = new Set<string>();
  for (const [index, subtask] of subtasks.entries()) {
    if (index % perTurn === perTurn - 1) await turn();
    const hash = hashName(subtask.key);
    if (seen.has(hash)) continue;
    seen.add(hash);
    const kind = JSON.stringify([subtask.programKey, subtask.dataset]);
    const bytes = 3 * (subtask.key.length + subtask.fingerprint.length);
    let current = open.get(kind);
    if (current === undefined || current.part.length >= mostPerPart || current.bytes + bytes > mostBytes) {
      current = { part: [], bytes: 0 };
      open.set(kind, current);
      parts.push(current.part);
    }
    current.part.push({ subtask, hash });
    current.bytes += bytes;
  }
  return { parts, repeated: subtasks.length - seen.size };
}
