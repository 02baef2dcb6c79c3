/** Parameters: directory, first number. Writes numbered partials, each with a record of the coordinator's journal in one transaction, and each number that resolved. */
import { writeSync } from "node:fs";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { shareEnvironment } from "../../storage/embedded/shared-environment.ts";
import { numberedBody } from "./numbered-body.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const open = shareEnvironment({ directory });
const environment = await open();
const store = await openStore({ environment: await open() });
const journal = createLmdbJournal(await open());
let next = Number(first);

async function writeMany(): Promise<void> {
  for (;;) {
    const number = next++;
    await environment.transact(() => {
      store.putPartialsWithin([{ key: `partial ${number}`, body: numberedBody(number) }]);
      journal.writeWithin(new Map([[number, `partial ${number}`]]));
    });
    writeSync(1, `${number}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, writeMany));
