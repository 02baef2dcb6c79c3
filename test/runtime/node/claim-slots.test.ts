import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Coordinator } from "../../../coordination/coordinator.ts";
import { createCoordinator } from "../../../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../../../coordination/embedded/journal.ts";
import { createSlots } from "../../../runtime/node/claim-slots.ts";
import { ask, joinAs } from "../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { computes, pull, type Run, runsOn } from "./pull-loop-for-test.ts";

test("createSlots gives those for anybody first, then those for newcomers, and has the rest wait", async () => {
  const inSlot = createSlots({ anybody: 1, newcomers: 1 });
  const had: string[] = [];
  const ends: (() => void)[] = [];
  const action = ({ newcomersOnly }: { readonly newcomersOnly: boolean }) => {
    had.push(newcomersOnly ? "newcomer" : "anybody");
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const actions = Array.from({ length: 4 }, () => inSlot(action));
  await until(() => had.length === 2);
  ends[0]!();
  await until(() => had.length === 3);
  ends[1]!();
  await until(() => had.length === 4);
  assert.deepEqual(had, ["anybody", "newcomer", "anybody", "newcomer"]);
  for (const end of ends) end();
  await Promise.all(actions);
});

describe("startPullLoop, of clients who ask for what computes long,", () => {
  /** Starts a node with two slots for anybody and two for newcomers. Its executor never ends subtasks of a program named `long…`. */
  async function start(t: TestContext) {
    const coordinator = await createCoordinator({ journal: createMemoryJournal() });
    const begun: string[] = [];
    const run: Run = (request, options) => {
      begun.push(request.programs[0]!);
      return (request.programs[0]!.startsWith("long") ? runsOn : computes)(request, options);
    };
    const slots = { anybody: 2, newcomers: 2 };
    const { loop } = pull([], { node: await joinAs(coordinator, "node"), run, slots });
    t.after(async () => {
      await loop.stop();
      await coordinator.close();
    });
    return { coordinator, begun };
  }

  const enqueue = (coordinator: Coordinator, client: string, program: string, count: number) =>
    coordinator.enqueue(ask(makeSubtasks(count, program), { queryId: program, client }));

  test("computes all that a third one asks for, while two have more than the node can hold", async (t) => {
    const { coordinator, begun } = await start(t);
    await enqueue(coordinator, "hog", "long 1", 1_000);
    await until(() => begun.length === 2);
    await enqueue(coordinator, "other hog", "long 2", 1_000);
    await until(() => begun.length === 3);
    for (let query = 0; query < 3; query++) {
      await enqueue(coordinator, "honest", `short ${query}`, 10);
      await until(async () => (await coordinator.interest([`short ${query}`])).get(`short ${query}`) === 0);
    }
    assert.deepEqual(
      begun.filter((program) => program.startsWith("long")),
      ["long 1", "long 1", "long 2"],
    );
  });

  test("fills all slots for anybody with what one client asks for, and no more", async (t) => {
    const { coordinator, begun } = await start(t);
    await enqueue(coordinator, "hog", "long", 1_000);
    await until(() => begun.length === 2);
    await enqueue(coordinator, "honest", "short", 1);
    await until(() => begun.includes("short"));
    assert.deepEqual(begun, ["long", "long", "short"]);
  });
});
