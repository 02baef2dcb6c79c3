/** Parameters: directory, first number. Puts numbered partials, many at once, and writes the number of each that resolved; ends when it is killed or a put is refused. */

import { writeSync } from "node:fs";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { numberedBody } from "./numbered-body.ts";
import { putPartial } from "./one-at-a-time.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const store = await openStore({ directory });
let next = Number(first);

async function putMany(): Promise<void> {
  for (;;) {
    const number = next++;
    await putPartial(store, `partial ${number}`, numberedBody(number));
    writeSync(1, `${number}\n`);
  }
}

const outcomes = await Promise.allSettled(Array.from({ length: 8 }, putMany));
for (const outcome of outcomes)
  if (outcome.status === "rejected") writeSync(1, `refused ${outcome.reason.code}: ${outcome.reason.message}\n`);
await store.close();
