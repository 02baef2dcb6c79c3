/** Makes the demo's files and the right answers once, and keeps them in a folder. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "../../base/make-directory.ts";
import { countDemoEntries, demoEntries, demoFiles, demoPattern, writeDemoFile } from "../../datasets/demo/write-demo-file.ts";
import { makeReferences, referencesEdition } from "../queries/make-references.ts";
import type { References } from "../queries/references.ts";

export interface PreparedDemo {
  /** The glob pattern of the Parquet files. */
  readonly files: string;
  /** The path of the right answers as JSON. */
  readonly references: string;
}

/** Makes what is missing, which takes seconds. A file under its final name is complete, even after an interruption. */
export async function prepareDemo(directory: string, onStep: (step: string) => void, needs = { files: true }): Promise<PreparedDemo> {
  await makeDirectory(directory);
  const references = join(directory, "references.json");
  if (!(await areCurrent(references))) {
    onStep("counting the right answers");
    await writeFile(`${references}.tmp`, JSON.stringify(makeReferences()));
    await rename(`${references}.tmp`, references);
  }
  if (needs.files && (await countDemoEntries(directory)) < demoEntries) {
    for (let index = 0; index < demoFiles; index++) {
      onStep(`the demo's files: ${index + 1} of ${demoFiles}`);
      await writeDemoFile(directory, index);
    }
  }
  return { files: demoPattern(directory), references };
}

async function areCurrent(path: string): Promise<boolean> {
  try {
    const { edition, entries } = JSON.parse(await readFile(path, "utf8")) as References;
    return edition === referencesEdition && entries === demoEntries;
  } catch (error) {
    if (error instanceof Error && ("code" in error ? error.code === "ENOENT" : error instanceof SyntaxError)) return false;
    throw error;
  }
}
