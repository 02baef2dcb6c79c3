/** Where real data are on machines that have them, and what a test says that is skipped without them. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const directory = process.env.FEMTOQ_TEST_DATA ?? join(repository, "../shared/data");

/** Path of a file of the real data, by its place in the data directory. */
export function realData(path: string): string {
  return join(directory, path);
}

/** Returns the value for a test's `skip`. */
export function missingData(...paths: readonly string[]): string | false {
  const missing = paths.find((path) => !existsSync(realData(path)));
  return missing === undefined ? false : `REAL DATA ABSENT: ${realData(missing)}; set FEMTOQ_TEST_DATA to its directory`;
}
