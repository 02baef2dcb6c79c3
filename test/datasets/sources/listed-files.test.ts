import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sourceOf } from "../../../datasets/sources/sources.ts";
import { makeDirectory } from "../read-for-test.ts";
import { serveFilesFor } from "./http/file-server.ts";

const list = async (path: string) => await sourceOf(`@${path}`).list(`@${path}`, { endings: [".root"] });

test("a list names files of this machine, patterns and URLs, each once, and what is not there is named", async (t) => {
  const directory = await makeDirectory(t);
  const { origin, files } = await serveFilesFor(t);
  files.set("/far.root", { bytes: new Uint8Array(7), etag: '"far"' });
  await mkdir(join(directory, "more"));
  for (const name of ["one.root", "more/2.root", "more/3.root"]) await writeFile(join(directory, name), name);
  await symlink(join(directory, "one.root"), join(directory, "same.root"));
  const lines = [
    "# what I have",
    "one.root",
    "",
    "  more/*.root ",
    "one.root",
    "same.root",
    "gone.root",
    "none/*.root",
    `${origin}/far.root`,
    `${origin}/off.root`,
  ];
  const path = join(directory, "list.txt");
  await writeFile(path, lines.join("\r\n"));
  const { files: found, leftOut } = await list(path);
  const shown = found.map(({ file, cause }) => [file.path.replace(directory, "").replace(origin, ""), cause ?? file.size]);
  const absent = "the list names it, and there is no such file";
  assert.deepEqual(shown, [
    ["/gone.root", absent],
    ["/more/2.root", 11],
    ["/more/3.root", 11],
    ["/none/*.root", absent],
    ["/one.root", 8],
    ["/far.root", 7],
    ["/off.root", absent],
  ]);
  assert.deepEqual(leftOut, [{ path: join(directory, "same.root"), kept: join(directory, "one.root") }]);

  await writeFile(path, "more/2.root\nftp://example.org/4.root");
  assert.deepEqual(
    (await list(path)).files.map(({ cause }) => cause === undefined),
    [true, false],
    "it is looked at anew",
  );
});

test("a list at a URL sends no credentials to hosts that only it names", async (t) => {
  const [server, other] = [await serveFilesFor(t), await serveFilesFor(t)];
  other.files.set("/a.root", { bytes: new Uint8Array(3), etag: '"a"' });
  const directory = await makeDirectory(t);
  t.after(() => delete process.env.FEMTOQ_TOKEN_FILE);
  let number = 0;
  const listing = async (line: string) => {
    const name = `/list-${number++}.txt`;
    server.files.set(name, { bytes: new TextEncoder().encode(line), etag: '"list"' });
    return await list(`${server.origin}${name}`);
  };
  await writeFile(join(directory, "token"), "secret.token");
  process.env.FEMTOQ_TOKEN_FILE = join(directory, "token");
  await assert.rejects(listing(`${other.origin}/a.root`), /names http.*a\.root, at another host, .* --token-file HOST=PATH/);
  await assert.rejects(listing(`${other.origin.replace("//", "//me:secret@")}/a.root`), (error: Error) => {
    assert.match(error.message, /with credentials: a list by plain http may not do that/);
    return !error.message.includes("secret");
  });
  await assert.rejects(listing("s3://private/a.root"), /with credentials/);
  process.env.FEMTOQ_TOKEN_FILE = `${new URL(server.origin).host}=${join(directory, "token")}`;
  const { files } = await listing(`${other.origin}/a.root`);
  assert.deepEqual(
    files.map(({ cause }) => cause),
    [undefined],
  );
  assert.ok(server.headers.some(({ authorization }) => authorization === "Bearer secret.token"));
  assert.ok(other.headers.every(({ authorization }) => authorization === undefined));
});

test("a list may be at a URL, and what it names is relative to that", async (t) => {
  const { origin, files } = await serveFilesFor(t);
  files.set("/run/list.txt", { bytes: new TextEncoder().encode("a.root\n/b.root"), etag: '"list"' });
  for (const path of ["/run/a.root", "/b.root"]) files.set(path, { bytes: new Uint8Array(3), etag: '"file"' });
  const { files: found } = await list(`${origin}/run/list.txt`);
  assert.deepEqual(
    found.map(({ file }) => file.path),
    [`${origin}/b.root`, `${origin}/run/a.root`],
  );
});

test("a list that is not there, or names a list, is refused", async (t) => {
  const directory = await makeDirectory(t);
  await assert.rejects(list(join(directory, "none.txt")), {
    name: "DatasetError",
    message: /^Cannot read the list none\.txt: no such file/,
  });
  await writeFile(join(directory, "deep.txt"), "@other.txt");
  await assert.rejects(list(join(directory, "deep.txt")), { permanent: true, message: /a list names files, not lists/ });
});
