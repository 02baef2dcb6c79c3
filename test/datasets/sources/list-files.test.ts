import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { link, mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { localFiles } from "../../../datasets/sources/local/local-files.ts";
import { makeDirectory } from "../read-for-test.ts";

async function makeTree(directory: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(directory, path, ".."), { recursive: true });
    await writeFile(join(directory, path), path);
  }
}

const list = (pattern: string) => localFiles.list(pattern, { endings: [".parquet"] });

async function namesOf(pattern: string, directory: string): Promise<string[]> {
  return (await list(pattern)).files.map(({ file }) => relative(directory, file.path));
}

test("list finds a file, a folder's files of a known ending, and what a glob matches, in the order of paths", async (t) => {
  const directory = await makeDirectory(t);
  await makeTree(directory, "b/2.parquet", "a.parquet", "b/1.parquet", "b/notes.txt", "b/.1.parquet", "c10.parquet", "c9.parquet");
  assert.deepEqual(await namesOf(join(directory, "b/1.parquet"), directory), ["b/1.parquet"]);
  assert.deepEqual(await namesOf(join(directory, "b"), directory), ["b/1.parquet", "b/2.parquet"]);
  assert.deepEqual(await namesOf(join(directory, "*.parquet"), directory), ["a.parquet", "c10.parquet", "c9.parquet"]);
  assert.deepEqual(await namesOf(join(directory, "**/{1,2}.parquet"), directory), ["b/1.parquet", "b/2.parquet"]);
  assert.deepEqual(await namesOf(relative(process.cwd(), join(directory, "c*.parquet")), directory), ["c10.parquet", "c9.parquet"]);
  assert.deepEqual(await namesOf(join(directory, "nothing-*.parquet"), directory), []);
});

test("list takes a path that exists as it is, whatever characters it has", async (t) => {
  const directory = await makeDirectory(t);
  await makeTree(directory, "run[1] {a,b}*.parquet", "run1.parquet", "data (1)/x.parquet");
  assert.deepEqual(await namesOf(join(directory, "run[1] {a,b}*.parquet"), directory), ["run[1] {a,b}*.parquet"]);
  assert.deepEqual(await namesOf(join(directory, "data (1)"), directory), ["data (1)/x.parquet"]);
});

test("list takes what exists of a pattern's path as it is, and only what documentation says as a pattern", async (t) => {
  const directory = await makeDirectory(t);
  const folders = ["run (1)", "run{6,7}", "a[0-9]", "Dropbox (Personal)!", "it's @+(x|y)", "back\\slash", "q?*", "[", "**odd"];
  await makeTree(directory, ...folders.map((folder) => `${folder}/e.parquet`), "run 1/no.parquet", "run6/no.parquet", "a5/no.parquet");
  for (const folder of folders) {
    for (const pattern of ["*.parquet", "?.parquet", "{e,f}.parquet", "**/[d-f].parquet", "e.parquet"])
      assert.deepEqual(await namesOf(join(directory, folder, pattern), directory), [`${folder}/e.parquet`], `${folder}/${pattern}`);
  }
  await makeTree(
    directory,
    "x/e (2).parquet",
    "x/e 2.parquet",
    "x/1+.parquet",
    "x/11.parquet",
    "x/!a.parquet",
    "x/b\\c.parquet",
    "x/a*b.parquet",
  );
  const found = (pattern: string) => namesOf(join(directory, "x", pattern), join(directory, "x"));
  assert.deepEqual(await found("e (2).par*"), ["e (2).parquet"]);
  assert.deepEqual(await found("[0-9]+.par*"), ["1+.parquet"]);
  assert.deepEqual(await found("!*.parquet"), ["!a.parquet"]);
  assert.deepEqual(await found("b*.parquet"), ["b\\c.parquet"]);
  assert.deepEqual(await found("a\\*b.par*"), ["a*b.parquet"]);
  assert.deepEqual(await namesOf(join(directory, "gone (1)/*.parquet"), directory), []);
});

test("list names what is no regular file as what cannot be read, and is not held up by it", async (t) => {
  const directory = await makeDirectory(t);
  try {
    await promisify(execFile)("mkfifo", [join(directory, "pipe.parquet")]);
  } catch {
    return t.skip("this system makes no named pipes");
  }
  const { files } = await list(join(directory, "pipe.parquet"));
  assert.deepEqual(
    files.map(({ cause }) => cause),
    ["it is a named pipe, no regular file"],
  );
  const device = await list("/dev/null");
  assert.match(device.files[0]?.cause ?? "", /it is a device/);
});

test("list leaves out a link that leads nowhere", async (t) => {
  const directory = await makeDirectory(t);
  await makeTree(directory, "a.parquet");
  await symlink(join(directory, "gone"), join(directory, "b.parquet"));
  assert.deepEqual(await namesOf(join(directory, "*.parquet"), directory), ["a.parquet"]);
});

test("list sees files come, go and change, however often it was asked", async (t) => {
  const directory = await makeDirectory(t);
  const find = async () => (await list(join(directory, "*.parquet"))).files;
  const old = new Date(Date.now() - 10_000);
  await writeFile(join(directory, "a.parquet"), "a");
  await utimes(directory, old, old);
  assert.equal((await find()).length, 1);
  assert.equal((await find()).length, 1);
  await writeFile(join(directory, "b.parquet"), "b");
  assert.equal((await find()).length, 2);
  await writeFile(join(directory, "a.parquet"), "longer");
  await utimes(directory, old, old);
  assert.deepEqual(
    (await find()).map(({ file }) => file.size),
    [6, 1],
  );
  await rm(join(directory, "b.parquet"));
  assert.equal((await find()).length, 1);
});

test("list gives each file once, by its real path, whatever links lead to it", async (t) => {
  const directory = await makeDirectory(t);
  await makeTree(directory, "set/2012/a.parquet", "set/2012/b.parquet", "elsewhere/c.parquet");
  await symlink("2012", join(directory, "set/11-latest"));
  await symlink(".", join(directory, "set/2012/loop"));
  await symlink("../elsewhere", join(directory, "set/more"));
  await symlink("../elsewhere", join(directory, "set/again"));
  const expected = ["set/2012/a.parquet", "set/2012/b.parquet", "set/again/c.parquet"];
  assert.deepEqual(await namesOf(join(directory, "set"), directory), expected);
  assert.deepEqual(await namesOf(join(directory, "set/**/*.parquet"), directory), expected);
  const { leftOut } = await list(join(directory, "set"));
  assert.deepEqual(
    leftOut.filter(({ path }) => path.endsWith("11-latest/a.parquet")),
    [{ path: join(directory, "set/11-latest/a.parquet"), kept: join(directory, "set/2012/a.parquet") }],
  );
});

test("list gives both names of two hard links: they are two files", async (t) => {
  const directory = await makeDirectory(t);
  await makeTree(directory, "a.parquet");
  await link(join(directory, "a.parquet"), join(directory, "b.parquet"));
  assert.deepEqual(await namesOf(directory, directory), ["a.parquet", "b.parquet"]);
});

test("list ends soon where links lead from everywhere to everywhere", async (t) => {
  const directory = await makeDirectory(t);
  const folders = ["a", "b", "c", "d"];
  await makeTree(directory, ...folders.map((folder) => `${folder}/${folder}.parquet`));
  for (const from of folders) for (const to of folders) await symlink(`../${to}`, join(directory, from, `to-${to}`));
  assert.deepEqual(
    await namesOf(directory, directory),
    folders.map((folder) => `${folder}/${folder}.parquet`),
  );
});
