/** Tests what becomes of the store when its server is killed, slow, full, absent or too old. It needs a server that may be harmed. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { Binary, MongoClient } from "mongodb";
import { openMongoStore } from "../../storage/mongodb/mongodb-store.ts";
import type { Store } from "../../storage/store.ts";
import type { StoreError } from "../../storage/store-error.ts";
import { recordingLog } from "../runtime/silent-log.ts";
import { findMongoProgram, type MongoStart } from "../servers/mongo-server.ts";
import { requireServer } from "../servers/require-server.ts";
import { makeServerDirectory } from "../servers/server-directory.ts";
import { findFreePort } from "../servers/server-process.ts";
import { startTcpProxy } from "../servers/tcp-proxy.ts";
import { until } from "../support/until.ts";
import { numberedBody } from "./numbered-body.ts";
import { getPartial, getPlan, getProgram, makeQuery, putAndGet, putPartial } from "./one-at-a-time.ts";
import { openForTest } from "./test-mongo.ts";

const program = requireServer("MongoDB store under faults", await findMongoProgram());

async function start(t: TestContext, options: Partial<MongoStart> = {}) {
  const server = await program!.start({ directory: await makeServerDirectory(), ...options });
  t.after(() => server.stop());
  return server;
}

function connect(t: TestContext, uri: string) {
  const client = new MongoClient(uri);
  t.after(() => client.close());
  return client.db("femtoq");
}

/** In milliseconds. */
const longestTest = 180_000;
const yesOrNo = [() => true, () => false] as const;

const on = (claim: string, run: (t: TestContext) => Promise<void>) => {
  if (program) test(`MongoDB store on ${program.name}: ${claim}`, { timeout: longestTest }, run);
};

on("what resolved is there, once and whole, although the server is killed again and again", async (t) => {
  const server = await start(t);
  // A busy machine takes its time to start the server again.
  const { store } = await openForTest(t, { uri: server.uri, patience: 60_000 });
  const resolved: number[] = [];
  let next = 0;
  let isOver = false;
  const write = async () => {
    while (!isOver) {
      const number = next++;
      // The same partial computed by two nodes at once.
      const outcomes = await Promise.all([1, 2].map(() => putPartial(store, `partial ${number}`, numberedBody(number))));
      assert(!outcomes.includes("different"));
      resolved.push(number);
    }
  };
  const writers = Array.from({ length: 16 }, write);
  const moments: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = resolved.length;
    await until(() => resolved.length > before + 20, "writing");
    moments.push(Math.random() * 100);
    await delay(moments.at(-1));
    server.signal("SIGKILL");
    await server.restart();
  }
  isOver = true;
  await Promise.all(writers);
  t.diagnostic(`${resolved.length} partials written through 5 kills`);
  const { store: fresh } = await openForTest(t, { uri: server.uri, patience: 60_000 });
  for (const number of resolved)
    assert.deepEqual((await getPartial(fresh, `partial ${number}`))?.bytes, numberedBody(number), `moments ${moments}`);
  const { bodies, bytes } = await fresh.usage();
  assert.equal(bodies, resolved.length);
  assert.equal(
    bytes,
    resolved.reduce((sum, number) => sum + numberedBody(number).length, 0),
  );
});

// A body of the first size is inserted with others, one of the second by itself, in pieces.
for (const size of [7_000_000, 12_000_000]) {
  on(`a connection that breaks while a body of ${size / 1e6} MB is being sent: it is sent again`, async (t) => {
    const server = await start(t);
    let sent = 0;
    const proxy = await startTcpProxy(server.port, {
      observe: () => (bytes) => {
        const before = sent;
        sent += bytes.length;
        if (before < 1_000_000 && sent >= 1_000_000) proxy.reset();
      },
    });
    t.after(() => proxy.stop());
    const { store } = await openForTest(t, { uri: `mongodb://${proxy.address}/`, patience: 60_000 });
    const body = new Uint8Array(size).fill(7);
    assert.equal(await putPartial(store, "large", body), "inserted");
    assert(sent > body.length, `only ${sent} bytes were sent`);
    assert.deepEqual((await getPartial(store, "large"))?.bytes, body);
  });
}

on("a server that does not answer: calls end in time and say so, then work again", async (t) => {
  const server = await start(t);
  const { store } = await openForTest(t, { uri: server.uri, timeout: 500, patience: 700 });
  // On a busy machine the server may take longer than these calls wait.
  const isPut = (key: string, number: number) => () => putPartial(store, key, numberedBody(number)).then(...yesOrNo);
  await until(isPut("before", 1), "the first answer");
  server.signal("SIGSTOP");
  // Its threads may go on for a moment.
  const answers = () => store.ping().then(...yesOrNo);
  await until(async () => !(await answers()), "silence");
  const begun = performance.now();
  const dataset = { name: "d", pattern: "/d", registered: 1, by: "test", held: true, revision: 1 };
  // All but emptying the store, which might succeed late.
  const calls: Readonly<
    Record<Exclude<keyof Store, "pin" | "close" | "reset" | "putPartialsWithin" | "keepsOrder">, () => Promise<unknown>>
  > = {
    putProgram: () => store.putProgram({ programKey: "p", program: {}, module: new Uint8Array(1) }),
    getPrograms: () => getProgram(store, "p"),
    putPlan: () => store.putPlan({ planKey: "p", programKey: "p", dataset: "d", partitions: [] }),
    getPlans: () => getPlan(store, "p"),
    hasPlan: () => store.hasPlan("p"),
    putQuery: () => store.putQuery(makeQuery("q")),
    getQuery: () => store.getQuery("q"),
    putPartials: () => putPartial(store, "during", numberedBody(2)),
    getPartials: () => getPartial(store, "before"),
    findPartials: () => store.findPartials(["before"]),
    dropPartial: () => store.dropPartial("other"),
    putResult: () => store.putResult("p", numberedBody(2)),
    getResult: () => store.getResult("p"),
    dropResult: () => store.dropResult("p"),
    listDatasets: () => store.listDatasets(),
    putDataset: () => store.putDataset(dataset),
    removeDataset: () => store.removeDataset("d", 1),
    putMetadata: () => store.putMetadata([{ key: "m", body: numberedBody(1) }]),
    getMetadata: () => store.getMetadata(["m"]),
    listQueries: () => store.listQueries({ limit: 1 }),
    removePlan: () => store.removePlan("other"),
    removeUnused: () => store.removeUnused(),
    usage: () => store.usage(),
  };
  const named = Object.entries(calls);
  for (const [index, outcome] of (await Promise.allSettled(named.map(([, call]) => call()))).entries()) {
    // The bytes were counted lately, so they are known.
    if (named[index]![0] === "usage") continue;
    assert.equal(outcome.status, "rejected", named[index]![0]);
    assert.equal((outcome.reason as StoreError).code, "unavailable");
    assert.match(outcome.reason.message, /MongoDB at 127\.0\.0\.1:\d+/);
  }
  const seconds = (performance.now() - begun) / 1000;
  // The limit is the patience, and two time limits of the driver for each call: some seconds on a machine that is not busy.
  t.diagnostic(`the calls ended after ${seconds.toFixed(1)} s`);
  await until(() => store.notReady().length > 0, "the reason");
  assert.match(store.notReady()[0]!, /the store cannot be reached: MongoDB at 127/);
  server.signal("SIGCONT");
  await until(() => store.notReady().length === 0, "the server's return");
  await until(isPut("during", 2), "an answer");
  const read = () => getPartial(store, "during").catch(() => undefined);
  await until(async () => (await read()) !== undefined, "the partial");
  await until(async () => Buffer.compare((await read())?.bytes ?? new Uint8Array(), numberedBody(2)) === 0, "the same bytes");
});

on("a call waits for a server that is away for less than its patience", async (t) => {
  const server = await start(t);
  const { store } = await openForTest(t, { uri: server.uri, timeout: 1000, patience: 60_000 });
  await putPartial(store, "a", numberedBody(7));
  server.signal("SIGKILL");
  const [put, got] = await Promise.all([putPartial(store, "b", numberedBody(8)), getPartial(store, "a"), server.restart()]);
  assert.notEqual(put, "different");
  assert.deepEqual(got?.bytes, numberedBody(7));
});

on("a server that is absent at the start is waited for", async (t) => {
  const port = await findFreePort();
  const { store, lines } = await openForTest(t, { uri: `mongodb://127.0.0.1:${port}/`, timeout: 300, patience: 60_000 });
  assert.match(store.notReady()[0]!, /the store cannot be reached: MongoDB at 127\.0\.0\.1:\d+: ./);
  assert.equal(lines[0]?.message, "the store cannot be opened yet; trying again");
  const putting = putPartial(store, "early", numberedBody(3));
  await start(t, { port });
  // A server that has just started may be late with its first answer; then the call is repeated, and finds what it stored itself.
  assert.notEqual(await putting, "different");
  assert.deepEqual((await getPartial(store, "early"))?.bytes, numberedBody(3));
  await until(() => store.notReady().length === 0, "readiness");
  assert(lines.some(({ message }) => message === "the store is open"));
});

on("a call for a server that stays absent is refused in time, and the store closes", async (t) => {
  const port = await findFreePort();
  const { store } = await openForTest(t, { uri: `mongodb://127.0.0.1:${port}/`, timeout: 300, patience: 500 });
  const begun = performance.now();
  // The reason is the driver's: the last attempt's error, or that none has ended yet.
  await assert.rejects(store.getResult("x"), (error: StoreError) => {
    assert.equal(error.code, "unavailable");
    assert.match(error.message, new RegExp(`MongoDB at 127\\.0\\.0\\.1:${port}`));
    return true;
  });
  await store.close();
  t.diagnostic(`refused and closed after ${Math.round(performance.now() - begun)} ms`);
});

on("writes that are refused say why and end readiness, until they are taken again", async (t) => {
  const server = await start(t);
  if (!server.fillDisk) return t.skip(`${program!.name} cannot be made to refuse writes`);
  const { store, lines } = await openForTest(t, { uri: server.uri, patience: 60_000 });
  await putPartial(store, "before", numberedBody(1));
  await server.fillDisk(true);
  await assert.rejects(putPartial(store, "full", numberedBody(2)), (error: StoreError) => {
    assert.equal(error.code, "unavailable");
    assert.match(error.message, /Cannot store bodies: MongoDB at .* refuses it: No space left on device; is its disk full/);
    return true;
  });
  assert.match(store.notReady()[0]!, /the store takes no writes: .*No space left/);
  assert(lines.some(({ level, message }) => level === "error" && message === "the store takes no writes"));
  assert.deepEqual((await getPartial(store, "before"))?.bytes, numberedBody(1));
  await server.fillDisk(false);
  await until(() => store.notReady().length === 0, "readiness");
  assert.equal(await putPartial(store, "full", numberedBody(2)), "inserted");
  assert.equal((await store.usage()).bodies, 2);
});

on("a body that was damaged in its collection is removed and logged, and can be put again", async (t) => {
  const server = await start(t);
  const { store, lines } = await openForTest(t, { uri: server.uri, patience: 60_000 });
  const database = connect(t, server.uri);
  const damage = {
    partials: { $set: { body: new Binary(numberedBody(5).with(100, 77)) } },
    results: { $set: { body: new Binary(numberedBody(5).subarray(1)) } },
  };
  await putPartial(store, "key", numberedBody(5));
  await store.putResult("key", numberedBody(5));
  for (const [name, update] of Object.entries(damage)) await database.collection<{ _id: string }>(name).updateOne({ _id: "key" }, update);
  for (const [put, get] of putAndGet(store)) {
    assert.equal(await get("key"), undefined);
    assert.equal(await put("key", numberedBody(5)), "inserted");
    assert.deepEqual((await get("key"))?.bytes, numberedBody(5));
  }
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields]),
    [
      ["error", { collection: "partials", key: "key" }],
      ["error", { collection: "results", key: "key" }],
    ],
  );
  await store.putPartials(["a", "b", "c"].map((key) => ({ key, body: numberedBody(5) })));
  await database.collection<{ _id: string }>("partials").updateOne({ _id: "b" }, damage.partials);
  assert.deepEqual([...(await store.getPartials(["a", "b", "c"])).keys()].sort(), ["a", "c"]);
  await store.putPartials([{ key: "b", body: numberedBody(5) }]);
  await putPartial(store, "large", new Uint8Array(9_000_000).fill(3));
  await database.collection("pieces").deleteOne({});
  assert.equal(await getPartial(store, "large"), undefined);
  assert.equal((await store.findPartials(["large"])).size, 0);
  assert.equal((await store.usage()).bodies, 5);
});

on("a server that is too old is refused, naming both versions", async (t) => {
  if (!program!.name.startsWith("the stand-in")) return t.skip(`${program!.name} cannot pretend to be old`);
  const { uri } = await start(t, { wireVersion: 8 });
  await assert.rejects(openMongoStore({ uri, log: recordingLog().log }), (error: StoreError) => {
    assert.equal(error.code, "unsupported");
    assert.match(error.message, /MongoDB at 127.* speaks wire version 8 \(MongoDB 4\.2\), and at least 9 \(MongoDB 4\.4\) is required/);
    return true;
  });
});

test("no error and no line of the log has a secret of the connection string", async () => {
  const bad = ["127.0.0.1:1", "127.0.0.1:99999", "127.0.0.1:1/?bogus=1", "", "sekrit@127.0.0.1:1", "sek/rit@127.0.0.1:1"];
  for (const rest of bad) {
    for (const scheme of ["mongodb://", "http://"]) {
      const { log, lines } = recordingLog();
      const uri = `${scheme}reader:sekrit%21@${rest}`;
      const outcome = await openMongoStore({ uri, log, timeout: 100, patience: 100 }).catch((error: StoreError) => error);
      const said: unknown[] = [lines];
      if (outcome instanceof Error) said.push(outcome, outcome.message);
      else {
        said.push(await getPartial(outcome, "x").catch((error: unknown) => error), outcome.notReady());
        await outcome.close();
      }
      const text = inspect(said, { depth: 20, showHidden: true });
      assert.doesNotMatch(text, /sekrit|sek\/rit/, uri);
      assert(text.length > 50);
    }
  }
});
