import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A path of its own for the test; removed when the test ends. */
export async function makeTemporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-test-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
