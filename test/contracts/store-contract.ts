/** What every form of the store must do: run by the tests of each form. */

import { checkBound } from "./store/bound.ts";
import { checkDatasets } from "./store/datasets.ts";
import { createCheck, type OpenStore } from "./store/harness.ts";
import { checkHousekeeping } from "./store/housekeeping.ts";
import { checkPartialsAndResults } from "./store/partials-and-results.ts";
import { checkRecords } from "./store/records.ts";
import { checkRetention } from "./store/retention.ts";

export function describeStore(name: string, open: OpenStore): void {
  const check = createCheck(name, open);
  checkRecords(check);
  checkPartialsAndResults(check);
  checkBound(check);
  checkRetention(check);
  checkHousekeeping(check);
  checkDatasets(check);
}
