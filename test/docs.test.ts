/** What the documentation points at must be there. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const root = new URL("../", import.meta.url);
const folders = ["base", "coordination", "datasets", "docs", "engine", "examples", "functions", "loadtest", "runtime", "storage", "test"];

for (const document of ["README.md", "CONTRIBUTING.md", "docs/design.md"]) {
  test(`every file and folder that ${document} names is there`, async () => {
    const text = await readFile(new URL(document, root), "utf8");
    const named = [...text.matchAll(/`([a-z-]+\/[\w./-]*)`/g)]
      .map(([, path]) => path)
      .filter((path) => folders.includes(path.split("/")[0]));
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((path) => !existsSync(new URL(path, root))),
      [],
    );
  });
}
