/**
 * Parameter: directory. Stores partials until one is refused; prints the refusal and the reasons of `notReady`; waits until that is over, and stores one more.
 */

import { writeSync } from "node:fs";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { recordingLog } from "../runtime/silent-log.ts";
import { until } from "../support/until.ts";
import { numberedBody } from "./numbered-body.ts";
import { putPartial } from "./one-at-a-time.ts";

const [directory = ""] = process.argv.slice(2);
const { log, lines } = recordingLog();
const store = await openStore({ directory, log });
const tell = (what: string, said: unknown) => writeSync(1, `${what} ${JSON.stringify(said)}\n`);

tell("ready", store.notReady());
let next = 0;
const refusal = await (async () => {
  for (;;) await putPartial(store, `partial ${next++}`, numberedBody(next));
})().catch((error: Error) => error.message);
tell("refused", refusal);
tell("reasons", store.notReady());
tell("readable", (await store.findPartials(["partial 0"])).size);
await until(() => store.notReady().length === 0, "readiness");
tell("ready", store.notReady());
tell("put", await putPartial(store, "after", numberedBody(1)));
tell(
  "log",
  lines.map(({ level, message }) => [level, message]),
);
await store.close();
