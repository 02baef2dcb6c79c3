/**
 * Describes the files of a pattern into the store of a directory, and says how many are recorded, until it is killed: after the first that were recorded together it
 * records no more.
 */

import { CurrentDataset } from "../../../datasets/catalogue/current-dataset.ts";
import { DescriptionStore } from "../../../datasets/catalogue/description-store.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { silent } from "../../runtime/silent-log.ts";

const [directory, pattern] = process.argv.slice(2);
const store = await openStore({ directory: directory! });
let recorded = 0;
const stopping = {
  getMetadata: store.getMetadata,
  async putMetadata(...[entries, options]: Parameters<typeof store.putMetadata>) {
    const files = entries.filter(({ key }) => key.includes(" file:")).length;
    if (recorded > 0 && files > 0) return await new Promise<never>(() => {});
    const outcomes = await store.putMetadata(entries, options);
    recorded += files;
    if (files > 0) console.log(recorded);
    return outcomes;
  },
};
setInterval(() => {}, 1_000);
await new CurrentDataset({ name: "many", pattern: pattern! }, { stored: new DescriptionStore(stopping, silent) }).look();
