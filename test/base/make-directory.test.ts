import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeDirectory, makeDirectorySync } from "../../base/make-directory.ts";

const directory = mkdtempSync(join(tmpdir(), "femtoq-directories-"));
after(() => rmSync(directory, { recursive: true }));

const both = { makeDirectory, makeDirectorySync: async (...all: Parameters<typeof makeDirectorySync>) => makeDirectorySync(...all) };

for (const [name, make] of Object.entries(both)) {
  test(`${name} makes a directory with those around it, which only their owner can read where it is told so`, async () => {
    const path = join(directory, name, "some", "where");
    await make(path, { mode: 0o700 });
    await make(path, { mode: 0o700 });
    assert.equal(statSync(path).mode & 0o077, 0);
    assert.equal(statSync(join(directory, name)).mode & 0o077, 0);
  });

  test(`${name} lets several make the same directory at once`, async () => {
    const path = join(directory, `${name}-at-once`, "a", "b");
    await Promise.all(Array.from({ length: 20 }, () => make(path)));
    assert.ok(statSync(path).isDirectory());
  });

  test(`${name} says that a file stands in the way`, async () => {
    const path = join(directory, `${name}-file`);
    writeFileSync(path, "");
    await assert.rejects(make(path), { code: "EEXIST" });
    await assert.rejects(make(join(path, "below")), { code: /EEXIST|ENOTDIR/ });
  });

  test(
    `${name} gives up at once where new directories are refused as if the one around them were not there`,
    {
      skip: !existsSync("/proc/self") && "has no /proc",
    },
    () => assert.rejects(make("/proc/nothing/here"), { code: "ENOENT" }),
  );
}
