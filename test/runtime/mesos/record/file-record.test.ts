import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
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

test("file record: a process that lives keeps others out; one that was killed does not, nor one that has its number by chance", async (t) => {
  const file = await newFile(t);
  const holdAs = async (name: string) => {
    await mkdir(`${file}.lock`, { recursive: true });
    await writeFile(join(`${file}.lock`, name), "");
  };
  await holdAs(`${process.ppid}`);
  await assert.rejects(
    openFileRecord(file),
    (error: Error) => error.message.includes(`process ${process.ppid} has it`) && error.message.includes(`remove ${file}.lock`),
  );
  await rm(`${file}.lock`, { recursive: true });
  for (const name of ["99999999", "99999999-5", ...(process.platform === "linux" ? [`${process.ppid}-1`] : [])]) {
    await holdAs(name);
    const record = await openFileRecord(file);
    await record.close();
    assert.deepEqual(await readdir(dirname(file)), ["state"]);
  }
});

test("holdPath: of many that find the lock of a killed process at once, one gets it", {
  skip: "Deno" in globalThis && "the command line of Node is used",
}, async (t) => {
  const file = await newFile(t);
  await mkdir(`${file}.lock`);
  await writeFile(join(`${file}.lock`, "99999999-5"), "");
  const program = `
    import { holdPath } from ${JSON.stringify(import.meta.resolve("../../../../runtime/mesos/record/hold-path.ts"))};
    await holdPath(process.argv[2], () => new Error("taken")).then(() => process.send("held"), (error) => process.send(error.message));
    process.on("message", () => process.exit());
  `;
  await writeFile(`${file}.mjs`, program);
  const children = Array.from({ length: 3 }, () => fork(`${file}.mjs`, [file], { execArgv: ["--import", import.meta.resolve("tsx")] }));
  const told = await Promise.all(children.map(async (child) => (await once(child, "message"))[0]));
  for (const child of children) child.send("end");
  assert.deepEqual(told.toSorted(), ["held", "taken", "taken"]);
});
