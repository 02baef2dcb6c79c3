import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { authorization, readCredentials } from "../../../../runtime/mesos/protocol/credentials.ts";

const folder = await mkdtemp(join(tmpdir(), "femtoq-credentials-"));
after(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const path = join(folder, "credentials");
  await writeFile(path, text);
  return readCredentials(path);
}

test("readCredentials takes both forms of Mesos' files", async () => {
  assert.deepEqual(await read('{"principal": "p", "secret": "s é"}\n'), { principal: "p", secret: "s é" });
  assert.deepEqual(await read("p s\n"), { principal: "p", secret: "s" });
  assert.equal(authorization({ principal: "Aladdin", secret: "open sesame" }), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
});

test("readCredentials says what is wrong with which file, and nothing of what is in it", async () => {
  for (const [text, pattern] of [
    ["", /a principal and a secret are required/],
    ["p", /a principal and a secret are required/],
    ["hidden hidden hidden", /are required/],
    ['{"principal": "hidden"', /are required/],
    ['{"principal": "p", "secret": ""}', /are required/],
    ["p hid:den", /neither may have a colon/],
    ["hid:den s", /neither may have a colon/],
  ] as const)
    await assert.rejects(
      read(text),
      (error: Error) => pattern.test(error.message) && /credentials/.test(error.message) && !/hid/.test(error.message),
      text,
    );
  await assert.rejects(readCredentials(join(folder, "missing")), /missing.*ENOENT/);
});
