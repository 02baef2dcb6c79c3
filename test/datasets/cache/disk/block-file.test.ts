import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, type PathLike, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readBlock, unfinished, writeBlock } from "../../../../datasets/cache/disk/block-file.ts";

const directory = mkdtempSync(join(tmpdir(), "femtoq-blocks-"));
after(() => rmSync(directory, { recursive: true }));

const arrays = [Uint8Array.from({ length: 1003 }, (_, index) => index * 7), new Uint8Array(0), Uint8Array.of(1, 2, 3)];
const targets = () => [new Uint8Array(2000), new Uint8Array(8), new Uint8Array(3)];

test("the arrays of a block are read as they were written, and only its owner can read them", () => {
  const path = join(directory, "whole");
  const bytes = writeBlock(path, arrays);
  assert.equal(statSync(path).size, bytes);
  assert.equal(statSync(path).mode & 0o077, 0);
  const into = targets();
  assert.deepEqual(readBlock(path, into), { kind: "read", lengths: [1003, 0, 3] });
  for (const [index, array] of arrays.entries()) assert.deepEqual(into[index]!.subarray(0, array.length), array);
  assert.deepEqual(readBlock(join(directory, "nowhere"), targets()), { kind: "missing" });
});

test("a block is written once more where its directory is deleted before it has its name, and refused where that happens again", () => {
  const path = join(directory, "deleted", "whole");
  const deleting = (times: number) => {
    let left = times;
    return (from: PathLike, to: PathLike) => {
      if (left-- > 0) rmSync(join(directory, "deleted"), { recursive: true });
      renameSync(from, to);
    };
  };
  const bytes = writeBlock(path, arrays, deleting(1));
  assert.equal(statSync(path).size, bytes);
  assert.deepEqual(readBlock(path, targets()), { kind: "read", lengths: [1003, 0, 3] });
  assert.deepEqual(readdirSync(join(directory, "deleted")), ["whole"]);
  assert.throws(() => writeBlock(path, arrays, deleting(2)), { code: "ENOENT" });
});

test("a byte that was changed, wherever it is, and a file that was cut off are noticed", () => {
  const path = join(directory, "damaged");
  const bytes = writeBlock(path, arrays);
  const whole = readFileSync(path);
  for (let at = 0; at < bytes; at += at < 64 ? 1 : 97) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 1 << (at % 8);
    writeFileSync(path, damaged);
    assert.equal(readBlock(path, targets()).kind, "damaged", `byte ${at}`);
  }
  writeFileSync(path, whole);
  for (const size of [bytes - 1, 40, 8, 0]) {
    truncateSync(path, size);
    assert.equal(readBlock(path, targets()).kind, "damaged", `${size} bytes`);
  }
  writeFileSync(path, whole);
  assert.equal(readBlock(path, [new Uint8Array(1002), new Uint8Array(0), new Uint8Array(3)]).kind, "damaged");
});

test("a process that is killed while it writes leaves no block that is not whole", {
  skip: "Deno" in globalThis && "Node starts programs",
}, async () => {
  const writer = fork(new URL("./write-until-killed.ts", import.meta.url), [directory], { execArgv: ["--import", "tsx"] });
  await once(writer, "message");
  writer.kill("SIGKILL");
  await once(writer, "exit");
  const blocks = readdirSync(directory).filter((name) => name.startsWith("block") && !name.endsWith(unfinished));
  assert(blocks.length > 0);
  for (const name of blocks) assert.equal(readBlock(join(directory, name), [new Uint8Array(2 ** 20)]).kind, "read", name);
});
