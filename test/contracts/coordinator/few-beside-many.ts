import assert from "node:assert/strict";
import type { Coordinator } from "../../../coordination/coordinator.ts";
import { mostTogether } from "../../../runtime/node/bundle-size.ts";
import { makeSubtasks } from "../subtasks.ts";
import { ask, joinAs, never } from "./harness.ts";

/**
 * Queues a thousand subtasks of one client, then ten of another one, and has a node claim as many at a time as nodes do. Returns how many subtasks were done
 * when the last of the ten was.
 */
export async function countUntilFewAreDone(coordinator: Coordinator): Promise<number> {
  await coordinator.enqueue(ask(makeSubtasks(1_000, "many"), { queryId: "many", client: "alice" }));
  await coordinator.enqueue(ask(makeSubtasks(10, "few"), { queryId: "few", client: "bob" }));
  const node = await joinAs(coordinator, "node 1");
  const done: string[] = [];
  while (done.filter((programKey) => programKey === "few").length < 10 && done.length < 1_010) {
    const claims = await node.claim({ signal: never, most: mostTogether });
    assert.deepEqual(new Set(await node.complete(claims)), new Set([true]));
    done.push(...claims.map(({ subtask }) => subtask.programKey));
  }
  return done.lastIndexOf("few") + 1;
}
