/**
 * Parameters: directory, first number. Queues numbered subtasks without waiting until their programs are stored, and completes each together with its partial; writes `queued N` and `done N` when that resolved,
 * `queued N` also when the program is stored.
 */
import { writeSync } from "node:fs";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { shareEnvironment } from "../../storage/embedded/shared-environment.ts";
import { numberedBody } from "./numbered-body.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const open = shareEnvironment({ directory });
const store = await openStore({ environment: await open() });
const coordinator = await createCoordinator({ journal: createLmdbJournal(await open()) });
const node = await coordinator.join({ id: `node ${first}`, host: "here", threads: 8, cacheLimit: 0 });
const never = new AbortController().signal;
let next = Number(first);

async function queueAndComplete(): Promise<void> {
  for (;;) {
    const partition = next++;
    const subtask = { key: `p:${partition}`, programKey: `program ${partition}`, fingerprint: `${partition}`, dataset: "d", partition };
    const stored = store.putProgram({ programKey: subtask.programKey, program: {}, module: numberedBody(partition) });
    await coordinator.enqueue({ queryId: `query ${partition}`, client: "ana", priority: 500, subtasks: [subtask] });
    await stored;
    writeSync(1, `queued ${partition}\n`);
    const claims = await node.claim({ signal: never, most: 3 });
    const partials = claims.map(({ subtask }) => ({ key: subtask.key, body: numberedBody(subtask.partition) }));
    await node.completeAlong!(claims, () => store.putPartialsWithin!(partials).map((answer) => answer === "inserted"));
    for (const { subtask } of claims) writeSync(1, `done ${subtask.partition}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, queueAndComplete));
