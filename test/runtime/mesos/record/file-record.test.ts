import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openFileRecord } from "../../../../runtime/mesos/record/file-record.ts";
import { checkRecord, task } from "./check-record.ts";

async function newFile(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-record-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "state");
}

test("file record: it keeps what was written, until it is cleared", async (t) => {
  const file = await newFile(t);
  await checkRecord(() => openFileRecord(file));
});

test("file record: a line that a crash tore was never relied on", async (t) => {
  const file = await newFile(t);
  const first = await openFileRecord(file);
  await first.write([
    { kind: "framework", frameworkId: "f" },
    { kind: "put", task: task("1") },
  ]);
  await first.close();
  await appendFile(file, '{"task":{"wanted":{"id":"2"');
  const second = await openFileRecord(file);
  t.after(() => second.close());
  assert.deepEqual([second.frameworkId, second.tasks], ["f", [task("1")]]);
});

test("file record: opening leaves out what no longer counts", async (t) => {
  const file = await newFile(t);
  const first = await openFileRecord(file);
  for (let attempt = 0; attempt < 50; attempt++) await first.write([{ kind: "put", task: { ...task("1"), attempt } }]);
  await first.close();
  const second = await openFileRecord(file);
  await second.close();
  assert.equal((await readFile(file, "utf8")).split("\n").length, 3);
});

for (const text of ["hello", "hello\n", '{"form":"femtoq-mesos-0"}\n', '{"form":"femtoq-mesos-1"}\nnonsense\n']) {
  test(`file record: ${JSON.stringify(text)} is refused, and left as it is`, async (t) => {
    const file = await newFile(t);
    await writeFile(file, text);
    await assert.rejects(openFileRecord(file), { name: "RecordError" });
    assert.equal(await readFile(file, "utf8"), text);
  });
}

test("file record: a process that lives keeps others out, and one that was killed does not", async (t) => {
  const file = await newFile(t);
  await writeFile(`${file}.pid`, String(process.ppid));
  await assert.rejects(openFileRecord(file), /process \d+ has it/);
  await writeFile(`${file}.pid`, "99999999");
  const record = await openFileRecord(file);
  await record.close();
});
