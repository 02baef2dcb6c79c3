/** A server that knows the objects of one bucket and checks signatures as the documentation of Amazon's version 4 says, written here from that. */
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { s3Files } from "../../../../datasets/sources/s3/s3-files.ts";
import { makeDirectory } from "../../read-for-test.ts";
import { serveFilesFor } from "../http/file-server.ts";

const secret = "not/a+real=secret";
const keys = ["run/1.root", "run/2 a+b (x).root", "run/deep/3.root", "run/notes.txt"];
const bytes = Uint8Array.from({ length: 500 }, (_, at) => at);
const variables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_PROFILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CONFIG_FILE",
  "AWS_ENDPOINT_URL",
];
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

function isSigned({ method, url = "", headers }: IncomingMessage): boolean {
  const [, scope, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=KEY\/([^,]*), SignedHeaders=([^,]*), Signature=(\w+)$/.exec(headers.authorization ?? "") ?? [];
  if (scope === undefined) return false;
  const [path, query = ""] = url.split("?");
  const signed = names!
    .split(";")
    .map((name) => `${name}:${headers[name]}\n`)
    .join("");
  const canonical = [method, path, query.split("&").sort().join("&"), signed, names, headers["x-amz-content-sha256"]].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secret}`);
  return hmac(key, toSign).toString("hex") === signature;
}

async function openBucket(test: TestContext, answer: { signed: boolean }) {
  const server = await serveFilesFor(test);
  for (const key of keys)
    server.files.set(
      `/bucket/${key
        .split("/")
        .map((part) => encodeURIComponent(part).replace(/[()]/g, (each) => `%${each.charCodeAt(0).toString(16)}`))
        .join("/")}`,
      { bytes, etag: '"e"' },
    );
  server.interfere = (request, response) => {
    if (answer.signed !== isSigned(request)) return Boolean(response.writeHead(403).end());
    if (!request.url!.startsWith("/bucket/?")) return false;
    return listBucket(new URL(request.url!, server.origin).searchParams, response);
  };
  const directory = await makeDirectory(test);
  const before = variables.map((name) => process.env[name]);
  test.after(() => {
    for (const [index, name] of variables.entries())
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
  });
  for (const name of variables) delete process.env[name];
  process.env.AWS_SHARED_CREDENTIALS_FILE = join(directory, "credentials");
  process.env.AWS_CONFIG_FILE = join(directory, "config");
  process.env.AWS_ENDPOINT_URL = server.origin;
  return { server, directory };
}

/** Two at a time. */
function listBucket(asked: URLSearchParams, response: ServerResponse): boolean {
  const from = Number(asked.get("continuation-token") ?? 0);
  const found = keys.filter((key) => key.startsWith(asked.get("prefix")!));
  const page = found.slice(from, from + 2);
  const next = from + 2 < found.length ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${from + 2}</NextContinuationToken>` : "";
  const contents = page.map(
    (key) => `<Contents><Key>${encodeURIComponent(key).replaceAll("%20", "+")}</Key><Size>500</Size><ETag>&quot;e&quot;</ETag></Contents>`,
  );
  response
    .writeHead(200)
    .end(`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${contents.join("")}${next}</ListBucketResult>`);
  return true;
}

const paths = async (pattern: string) => (await s3Files.list(pattern, { endings: [".root"] })).files.map(({ file }) => file.path);

test("s3: objects are listed by pattern and read in parts, with signatures by the keys of the variables or of a profile", async (t) => {
  const { directory, server } = await openBucket(t, { signed: true });
  await assert.rejects(paths("s3://bucket/run/*.root"), /answers 403/);
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "KEY", AWS_SECRET_ACCESS_KEY: secret });
  assert.deepEqual(await paths("s3://bucket/run/*.root"), ["s3://bucket/run/1.root", "s3://bucket/run/2 a+b (x).root"]);
  assert.deepEqual(
    await paths("s3://bucket/run/**/*.root"),
    keys.slice(0, 3).map((key) => `s3://bucket/${key}`),
  );
  assert.deepEqual(
    await paths("s3://bucket/run/"),
    keys.slice(0, 3).map((key) => `s3://bucket/${key}`),
  );
  assert.deepEqual(await paths("s3://bucket/run/1"), []);
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete process.env[name];

  await writeFile(
    join(directory, "credentials"),
    `[default]\naws_access_key_id = OTHER\n[physics]\naws_access_key_id = KEY\naws_secret_access_key=${secret}\n`,
  );
  await writeFile(join(directory, "config"), "[profile physics]\nregion = eu-west-3\n");
  process.env.AWS_PROFILE = "physics";
  const [found] = (await s3Files.list("s3://bucket/run/2 a+b (x).root", { endings: [] })).files;
  assert.deepEqual(found!.file, { path: "s3://bucket/run/2 a+b (x).root", size: 500, version: '"e"' });
  const read = await s3Files.open(found!.file, (reader) => reader.slice(100, 200));
  assert.deepEqual(new Uint8Array(read), bytes.slice(100, 200));
  assert.match(String(server.headers.at(-1)!.authorization), /eu-west-3\/s3\/aws4_request/);
});

test("s3: who has no keys asks without a name", async (t) => {
  const { server } = await openBucket(t, { signed: false });
  assert.deepEqual(await paths("s3://bucket/run/notes.txt"), ["s3://bucket/run/notes.txt"]);
  assert.equal(
    server.headers.some(({ authorization }) => authorization !== undefined),
    false,
  );
});
