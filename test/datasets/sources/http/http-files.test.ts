import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { FileIdentity } from "../../../../datasets/dataset.ts";
import { httpFiles } from "../../../../datasets/sources/http/http-files.ts";
import { parseTokenFiles } from "../../../../datasets/sources/http/token-file.ts";
import type { ByteReader } from "../../../../datasets/sources/source.ts";
import { makeDirectory } from "../../read-for-test.ts";
import { type FileServer, serveFilesFor } from "./file-server.ts";

const bytes = Uint8Array.from({ length: 3000 }, (_, at) => at * 7 + (at >> 8));
const endings = [".root", ".parquet"];
const list = async (pattern: string) => (await httpFiles.list(pattern, { endings })).files;
const take = async (reader: ByteReader, start: number, end: number) => [...new Uint8Array(await reader.slice(start, end))];

async function identify({ origin, files }: FileServer, path = "/events.root"): Promise<FileIdentity> {
  if (!files.has(path)) files.set(path, { bytes, etag: '"one"' });
  const [found] = await list(origin + path);
  assert.equal(found!.cause, undefined);
  return found!.file;
}

test("http: a file is identified by its size and ETag, or else by when it changed, and read in parts", async (t) => {
  const server = await serveFilesFor(t);
  const file = await identify(server);
  assert.deepEqual(file, { path: `${server.origin}/events.root`, size: 3000, version: '"one"' });
  server.files.set("/dated.root", { bytes, modified: "Sat, 28 Nov 2026 20:00:00 GMT" });
  assert.equal((await identify(server, "/dated.root")).version, "Sat, 28 Nov 2026 20:00:00 GMT");
  server.files.set("/empty.root", { bytes: new Uint8Array(0), etag: '"none"' });
  assert.equal((await identify(server, "/empty.root")).size, 0);
  assert.deepEqual(await list(`${server.origin}/absent.root`), []);

  server.requests.length = 0;
  await httpFiles.open(file, async (reader) => {
    assert.equal(reader.byteLength, 3000);
    assert.deepEqual(await take(reader, 10, 20), [...bytes.subarray(10, 20)]);
    assert.deepEqual(await take(reader, 2990, 3000), [...bytes.subarray(2990)]);
    const [one, two] = await reader.joined!.read([
      { start: 5, end: 50 },
      { start: 1000, end: 3000 },
    ]);
    assert.deepEqual([[...new Uint8Array(one!)], [...new Uint8Array(two!)]], [[...bytes.subarray(5, 50)], [...bytes.subarray(1000)]]);
    await assert.rejects(reader.slice(2999, 3001), /bytes 2999–3001 needed, it ends at 3000/);
  });
  assert.deepEqual(
    server.requests,
    ["10-19", "2990-2999", "5-2999"].map((range) => `GET /events.root bytes=${range}`),
  );
});

test("http: a file that changes is named, before it is read and in the middle", async (t) => {
  const server = await serveFilesFor(t);
  const changes = [
    { bytes, etag: '"two"' },
    { bytes: bytes.slice(1), etag: '"one"' },
  ];
  for (const [index, changed] of changes.entries()) {
    const path = `/${index}.root`;
    const file = await identify(server, path);
    const reading = httpFiles.open(file, async (reader) => {
      await reader.slice(0, 10);
      server.files.set(path, changed);
      await reader.slice(10, 20);
    });
    await assert.rejects(reading, {
      name: "DatasetError",
      permanent: false,
      message: /^\d\.root changed while it was read: ask again/,
    });
    await assert.rejects(
      httpFiles.open(file, (reader) => reader.slice(0, 10)),
      { permanent: false, message: /^\d\.root changed since its metadata was read/ },
    );
    assert.notDeepEqual(await identify(server, path), file, "who asks again is told what it is now");
  }
});

test("http: what passes is tried again, as late as the server asks for", async (t) => {
  const server = await serveFilesFor(t);
  const file = await identify(server);
  const failures: ((response: Parameters<FileServer["interfere"]>[1]) => void)[] = [
    (response) => response.writeHead(503, { "retry-after": "0" }).end(),
    (response) => response.socket!.destroy(),
    (response) => {
      response.writeHead(206, { "content-range": "bytes 0-9/3000", etag: '"one"', "content-length": 10 });
      response.write("only");
      setImmediate(() => response.socket!.destroy());
    },
  ];
  server.interfere = (_, response) => {
    const fail = failures.shift();
    fail?.(response);
    return fail !== undefined;
  };
  assert.deepEqual(await httpFiles.open(file, (reader) => take(reader, 0, 10)), [...bytes.subarray(0, 10)]);
  server.interfere = (_, response) => {
    response.writeHead(503, { "retry-after": "3600" }).end();
    return true;
  };
  const late = httpFiles.open(file, (reader) => reader.slice(0, 10));
  await assert.rejects(late, { permanent: false, message: /^Cannot read events\.root: 127\.0\.0\.1:\d+ answers 503$/ });
});

test("http: an answer that is not what was asked for is refused before its body is read", async (t) => {
  const server = await serveFilesFor(t);
  const file = await identify(server);
  const answers = [
    [200, { "content-length": 2 ** 40 }, /gives whole files only/],
    [206, { "content-range": "bytes 1-10/3000", etag: '"one"' }, /other bytes than those it is asked for/],
    [206, { "content-range": "bytes 0-10/3000", etag: '"one"' }, /other bytes/],
    [206, { "content-type": "multipart/byteranges; boundary=x", etag: '"one"' }, /other bytes/],
    [206, { "content-range": "bytes 0-9/3000", "content-encoding": "gzip", etag: '"one"' }, /other bytes/],
    [206, { "content-range": "bytes 0-9/3000" }, /changed since/],
    [403, {}, /answers 403, permission denied; name a file with a token by --token-file/],
    [404, {}, /no such file/],
    [418, {}, /answers 418$/],
  ] as const;
  for (const [status, headers, message] of answers) {
    server.interfere = (_, response) => {
      response.writeHead(status, headers);
      response.write("some of the body, which never ends");
      return true;
    };
    await assert.rejects(
      httpFiles.open(file, (reader) => reader.slice(0, 10)),
      { name: "DatasetError", message },
    );
  }
});

test("http: redirects are followed, without credentials to other origins, and not for ever", async (t) => {
  const [site, store] = [await serveFilesFor(t), await serveFilesFor(t)];
  store.files.set("/data/7", { bytes, etag: '"one"' });
  site.interfere = (_, response) => {
    response.writeHead(307, { location: `${store.origin}/data/7` }).end();
    return true;
  };
  const [found] = await list(`${site.origin.replace("//", "//me:secret@")}/events.root`);
  await httpFiles.open(found!.file, async (reader) => {
    for (const start of [0, 100, 200]) assert.deepEqual(await take(reader, start, start + 5), [...bytes.subarray(start, start + 5)]);
  });
  assert.equal(site.headers[0]!.authorization, `Basic ${btoa("me:secret")}`);
  assert.deepEqual(
    store.headers.filter(({ authorization }) => authorization !== undefined),
    [],
  );
  assert.equal(site.requests.length, 2, "once to look, once to read: where the redirect led is known then");

  site.interfere = (request, response) => {
    response.writeHead(302, { location: request.url! }).end();
    return true;
  };
  const [looping] = await list(`${site.origin}/loop.root`);
  assert.match(looping!.cause!, /redirected more than 5 times/);
});

test("http: token files are one path, or one for each host", () => {
  assert.deepEqual(parseTokenFiles("/run/a=b"), [{ path: "/run/a=b" }]);
  assert.deepEqual(parseTokenFiles("eos.cern.ch=/run/a,Dcache.desy.de:2880=/run/b"), [
    { host: "eos.cern.ch", path: "/run/a" },
    { host: "dcache.desy.de:2880", path: "/run/b" },
  ]);
  assert.equal(parseTokenFiles("eos.cern.ch=/run/a,/run/b"), undefined);
  assert.deepEqual(parseTokenFiles(""), []);
});

test("http: the token of the file goes to the site that was named, and a renewed one is taken", async (t) => {
  const path = join(await makeDirectory(t), "token");
  const server = await serveFilesFor(t);
  t.after(() => delete process.env.FEMTOQ_TOKEN_FILE);
  // The token is for this server only, since on Deno other test files share the environment.
  process.env.FEMTOQ_TOKEN_FILE = `${new URL(server.origin).host}=${path}`;
  await writeFile(path, "first\n");
  const file = await identify(server);
  await writeFile(path, "second, which is none\n");
  const bad = httpFiles.open(file, (reader) => reader.slice(0, 10));
  await assert.rejects(
    bad,
    (error: Error) => /--token-file: it must hold one token/.test(error.message) && !error.message.includes("second"),
  );
  await writeFile(path, "third.token\n");
  await httpFiles.open(file, (reader) => reader.slice(0, 10));
  assert.deepEqual(
    server.headers.map(({ authorization }) => authorization),
    ["Bearer first", "Bearer third.token"],
  );
});

test("http: messages show neither passwords nor signatures", async (t) => {
  const server = await serveFilesFor(t);
  server.interfere = (_, response) => {
    response.writeHead(403).end();
    return true;
  };
  const [found] = await list(`${server.origin.replace("//", "//me:secret@")}/events.root?X-Amz-Signature=secret/secret`);
  assert.match(found!.cause!, /answers 403/);
  const reading = httpFiles.open(found!.file, (reader) => reader.slice(0, 1));
  for (const text of [found!.cause!, String(await reading.catch((error: unknown) => error))]) assert.doesNotMatch(text, /secret/);
});

test("http: a read ends when its signal aborts, however long the server takes", async (t) => {
  const server = await serveFilesFor(t);
  const file = await identify(server);
  const abort = new AbortController();
  server.interfere = (_, response) => {
    response.writeHead(206, { "content-range": "bytes 0-9/3000", etag: '"one"' });
    response.write("slow");
    abort.abort(new Error("nobody waits"));
    return true;
  };
  const reading = httpFiles.open(file, (reader) => reader.slice(0, 10, { signal: abort.signal }), { signal: abort.signal });
  await assert.rejects(reading, /nobody waits/);
});

test("http: patterns name the files of folders that a site lists, in order", async (t) => {
  const { origin, files, ...server } = await serveFilesFor(t);
  for (const path of [
    "/eos/a/2.root",
    "/eos/a/1.root",
    "/eos/a/notes.txt",
    "/eos/b/deep/3.root",
    "/eos/b/.hidden.root",
    "/eos/c%20d/4.root",
  ])
    files.set(path, { bytes, etag: `"${path}"` });
  const names = async (pattern: string) => (await list(origin + pattern)).map(({ file }) => file.path.slice(origin.length));
  assert.deepEqual(await names("/eos/a/*.root"), ["/eos/a/1.root", "/eos/a/2.root"]);
  const asked = server.requests.filter((each) => each.startsWith("GET"));
  assert.deepEqual(asked, ["GET /eos/a/1.root bytes=0-0"], "what the listing says is checked once");
  assert.deepEqual(await names("/eos/**/*.root"), ["/eos/a/1.root", "/eos/a/2.root", "/eos/b/deep/3.root", "/eos/c%20d/4.root"]);
  assert.deepEqual(await names("/eos/"), ["/eos/a/1.root", "/eos/a/2.root", "/eos/b/deep/3.root", "/eos/c%20d/4.root"]);
  assert.deepEqual(await names("/eos/{a,c d}/[14].root"), ["/eos/a/1.root", "/eos/c%20d/4.root"]);
  assert.deepEqual(await names("/eos/none/*.root"), []);
});

test("http: a site that lists no files is refused with what to do", async (t) => {
  const server = await serveFilesFor(t);
  server.interfere = (_, response) => {
    response.writeHead(405).end();
    return true;
  };
  await assert.rejects(list(`${server.origin}/eos/*.root`), {
    permanent: true,
    message: /answers PROPFIND with 405; name its files in a text file, .*@LIST/,
  });
  for (const body of ["<a><b></a>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "no XML"]) {
    server.interfere = (_, response) => {
      response.writeHead(207).end(body);
      return true;
    };
    await assert.rejects(list(`${server.origin}/eos/*.root`), /its listing is no sound XML/);
  }
});
