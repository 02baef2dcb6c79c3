import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { makeDirectory } from "../../../../datasets/cache/disk/make-directory.ts";

const directory = mkdtempSync(join(tmpdir(), "femtoq-directories-"));
after(() => rmSync(directory, { recursive: true }));

test("a directory is made with those around it, and only its owner can read it", () => {
  const path = join(directory, "some", "where");
  makeDirectory(path);
  makeDirectory(path);
  assert.equal(statSync(path).mode & 0o077, 0);
});

test("one that refuses new directories as if it were not there is refused at once", {
  skip: !existsSync("/proc/self") && "has no /proc",
}, () => {
  assert.throws(() => makeDirectory("/proc/nothing/here"), { code: "ENOENT" });
});
