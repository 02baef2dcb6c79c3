/**
 * Tests ranges that lie apart: they are requested together if the server answers several, otherwise one by one; the bytes are right, or the error names the
 * file.
 */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import type { FileIdentity } from "../../../../datasets/dataset.ts";
import { httpFiles } from "../../../../datasets/sources/http/http-files.ts";
import { readAhead } from "../../../../datasets/sources/read-ahead.ts";
import { type FileServer, serveFilesFor, writeParts } from "./file-server.ts";

const bytes = Uint8Array.from({ length: 2_000_000 }, (_, at) => at * 7 + (at >> 8));
const [first, second, third] = [
  { start: 10, end: 50 },
  { start: 500_000, end: 600_000 },
  { start: 1_999_000, end: 2_000_000 },
];
const inOneRequest = "bytes=10-49,500000-599999,1999000-1999999";
const oneByOne = ["bytes=10-49", "bytes=500000-599999", "bytes=1999000-1999999"];

async function serve(t: TestContext, several: boolean): Promise<{ readonly server: FileServer; readonly file: FileIdentity }> {
  const server = await serveFilesFor(t);
  server.files.set("/events.root", { bytes, etag: '"one"', several });
  const { files } = await httpFiles.list(`${server.origin}/events.root`, { endings: [".root"] });
  server.requests.length = 0;
  return { server, file: files[0]!.file };
}

const readApart = (file: FileIdentity) =>
  httpFiles.open(file, async (reader) => {
    const buffers = await reader.joined!.read([first!, second!, third!]);
    return buffers.map((each) => Buffer.from(each));
  });
const expected = [first!, second!, third!].map(({ start, end }) => Buffer.from(bytes.subarray(start, end)));
const rangesOf = ({ requests }: FileServer) => requests.map((request) => request.split(" ")[2]);

test("what lies apart comes in one request from a server that gives several ranges, again and again", async (t) => {
  const { server, file } = await serve(t, true);
  for (let time = 0; time < 2; time++) assert.deepEqual(await readApart(file), expected);
  assert.deepEqual(rangesOf(server), [inOneRequest, inOneRequest]);
});

test("a server that gives whole files for several ranges is asked for them once, and range by range from then on", async (t) => {
  const { server, file } = await serve(t, false);
  for (let time = 0; time < 2; time++) assert.deepEqual(await readApart(file), expected);
  assert.equal(rangesOf(server)[0], inOneRequest);
  assert.deepEqual(rangesOf(server).slice(1).sort(), [...oneByOne, ...oneByOne].sort());
  await httpFiles.open(file, async ({ joined }) => assert.equal(joined!.mostStretches, 1));
});

const parts = (ranges: readonly (readonly [number, number])[], of = bytes) => writeParts(of, ranges, "x");
const all = [
  [10, 49],
  [500_000, 599_999],
  [1_999_000, 1_999_999],
] as const;
const wrongly = {
  "one range of them": { headers: { "content-range": "bytes 10-49/2000000" }, body: bytes.subarray(10, 50) },
  "a part too few": { body: parts(all.slice(0, 2)) },
  "a part that is cut": { body: parts([all[0], [500_000, 599_998], all[2]]) },
  "a file of another size": { body: parts(all, bytes.slice(1)) },
  "no delimiter at the end": { body: parts(all).subarray(0, -6) },
  "far more than was asked for": { body: parts([[0, 1_999_999], ...all]) },
  "no parts at all": { body: Buffer.alloc(100_000, 13) },
  "what a status refuses": { status: 416, headers: {}, body: Buffer.alloc(0) },
};
for (const [what, { body, ...answer }] of Object.entries(wrongly)) {
  test(`a server that answers several ranges with ${what} is asked range by range, and the bytes are right`, async (t) => {
    const { server, file } = await serve(t, true);
    server.interfere = (request, response) => {
      if (!request.headers.range?.includes(",")) return false;
      const { status = 206, headers = { "content-type": "multipart/byteranges; boundary=x" } } = answer as {
        status?: number;
        headers?: object;
      };
      response.writeHead(status, { etag: '"one"', ...headers, "content-length": body.length }).end(body);
      return true;
    };
    assert.deepEqual(await readApart(file), expected);
    assert.deepEqual(await readApart(file), expected);
    assert.equal(rangesOf(server).filter((range) => range === inOneRequest).length, 1, "it is remembered");
  });
}

const failing = {
  "answers them with 403": (response: ServerResponse) => void response.writeHead(403).end(),
  "answers them with 500": (response: ServerResponse) => void response.writeHead(500, { "retry-after": "0" }).end(),
  "breaks off at them": (response: ServerResponse) => void response.socket!.destroy(),
};
for (const [what, fail] of Object.entries(failing)) {
  test(`a server that ${what} is asked range by range, and the bytes are right`, async (t) => {
    const { server, file } = await serve(t, true);
    server.interfere = (request, response) => {
      const isSeveral = request.headers.range?.includes(",") ?? false;
      if (isSeveral) fail(response);
      return isSeveral;
    };
    const asked = () => rangesOf(server).filter((range) => range === inOneRequest).length;
    assert.deepEqual(await readApart(file), expected);
    const first = asked();
    assert.deepEqual(await readApart(file), expected);
    assert(first > 0);
    assert.equal(asked(), first, "it is remembered");
  });
}

test("parts may come in another order, and joined as the server likes", async (t) => {
  const { server, file } = await serve(t, true);
  server.interfere = (request, response) => {
    if (!request.headers.range?.includes(",")) return false;
    const headers = { etag: '"one"', "content-type": "multipart/byteranges; boundary=x" };
    response.writeHead(206, headers).end(parts([all[2], [0, 99], all[1]]));
    return true;
  };
  assert.deepEqual(await readApart(file), expected);
  assert.deepEqual(rangesOf(server), [inOneRequest]);
});

test("several ranges of a file that changed name the file, and what passes is tried again", async (t) => {
  const { server, file } = await serve(t, true);
  let failures = 0;
  server.interfere = (_, response) => {
    failures++;
    if (failures === 1) response.writeHead(503, { "retry-after": "0" }).end();
    else if (failures === 2) {
      response.writeHead(206, { etag: '"one"', "content-type": "multipart/byteranges; boundary=x", "content-length": parts(all).length });
      response.write(parts(all).subarray(0, 1000));
      setImmediate(() => response.socket!.destroy());
    } else return false;
    return true;
  };
  assert.deepEqual(await readApart(file), expected);
  assert.deepEqual(rangesOf(server), [inOneRequest, inOneRequest, inOneRequest]);
  server.files.set("/events.root", { bytes: bytes.slice(1), etag: '"two"', several: true });
  await assert.rejects(readApart(file), { permanent: false, message: /^events\.root changed since its metadata was read: ask again/ });
  assert.deepEqual(rangesOf(server).slice(3), [inOneRequest]);
});

test("what several users told ahead comes in as many requests as go on at a time", async (t) => {
  const { server, file } = await serve(t, true);
  const told = Array.from({ length: 20 }, (_, index) => ({ start: index * 100_000, end: index * 100_000 + 1_000 + index }));
  await httpFiles.open(file, async (reader) => {
    const readers = readAhead(reader, [told.filter((_, at) => at % 2 === 0), told.filter((_, at) => at % 2 === 1)]);
    for (const [at, { start, end }] of told.entries())
      assert.deepEqual(Buffer.from(await readers[at % 2]!.slice(start, end)), Buffer.from(bytes.subarray(start, end)));
  });
  assert.equal(server.requests.length, 7, "20 stretches, three in a request, where eight may go on at a time");
});
