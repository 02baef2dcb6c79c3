/** Parameters: directory, round. Queues queries of five subtasks and runs three of each, two well and one not; writes what resolved; ends when it is killed. */
import { writeSync } from "node:fs";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import { openEnvironment } from "../../storage/embedded/environment.ts";
import { claimOne } from "../contracts/claim-one.ts";
import { makeSubtasks } from "../contracts/subtasks.ts";

const [directory = "", round = "0"] = process.argv.slice(2);
const log = { error: (fields: unknown, message: string) => console.error(message, fields) };
const coordinator = await createCoordinator({ journal: createLmdbJournal(await openEnvironment({ directory })), log });
const node = await coordinator.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 0 });
const { signal } = new AbortController();
const report = (what: string, key: string) => writeSync(1, `${what} ${key}\n`);

for (let number = 0; ; number++) {
  const subtasks = makeSubtasks(5, `round ${round} query ${number}`);
  await coordinator.enqueue({ queryId: subtasks[0]!.programKey, client: "alice", priority: 500, subtasks });
  for (const { key } of subtasks) report("queued", key);
  const claims = await Promise.all([0, 1, 2].map(() => claimOne(node, { signal })));
  const [first, second, third] = claims;
  await Promise.all([
    first!.complete().then(() => report("done", first!.subtask.key)),
    second!.complete().then(() => report("done", second!.subtask.key)),
    third!.fail("broken", { permanent: true }).then(() => report("failed", third!.subtask.key)),
  ]);
}
