import assert from "node:assert/strict";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { shareEnvironment } from "../../storage/embedded/shared-environment.ts";
import { numberedBody } from "./numbered-body.ts";
import { getPartial } from "./one-at-a-time.ts";

/** The most subtasks that may have been queued without a line that says so. */
const unsaid = 16;

/**
 * Checks that the directory agrees with what `write-together-until-killed.ts` said: queued subtasks wait or have their partials, and done ones have theirs.
 * Subtasks that wait have their programs, even if no line says that they were queued. Rejects if not.
 */
export async function checkTogether(directory: string, lines: readonly string[], when: string): Promise<void> {
  const open = shareEnvironment({ directory });
  const store = await openStore({ environment: await open() });
  const coordinator = await createCoordinator({ journal: createLmdbJournal(await open()) });
  try {
    const numbersOf = (what: string) => lines.filter((line) => line.startsWith(what)).map((line) => Number(line.split(" ")[1]));
    const queued = numbersOf("queued");
    for (let number = Math.min(...queued); number <= Math.max(...queued) + unsaid; number++) {
      const programKey = `program ${number}`;
      if ((await coordinator.states([`p:${number}`])).size > 0) assert((await store.getPrograms([programKey])).has(programKey), when);
    }
    const done = new Set(numbersOf("done"));
    for (const number of queued) {
      const key = `p:${number}`;
      const waits = (await coordinator.states([key])).has(key);
      const body = (await getPartial(store, key))?.bytes;
      if (done.has(number)) assert(!waits, when);
      if (!waits || body !== undefined) assert.deepEqual(body, numberedBody(number), when);
    }
  } finally {
    await coordinator.close();
    await store.close();
  }
}
