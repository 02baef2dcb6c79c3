import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Binary, MongoBulkWriteError, MongoClient, ObjectId } from "mongodb";
import { findMongoProgram, type MongoStart } from "./mongo-server.ts";
import { requireServer } from "./require-server.ts";
import { makeServerDirectory } from "./server-directory.ts";

const program = requireServer("a MongoDB server of our own", await findMongoProgram());

if (program) {
  const start = async (t: TestContext, options: Partial<MongoStart> = {}) => {
    const server = await program.start({ directory: await makeServerDirectory(), ...options });
    t.after(() => server.stop());
    return server;
  };
  const connect = (t: TestContext, uri: string) => {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 3000 });
    t.after(() => client.close());
    return client;
  };

  test(`${program.name} keeps what it acknowledged when it is killed`, async (t) => {
    const server = await start(t);
    const numbers = connect(t, server.uri).db("test").collection<{ _id: number }>("numbers");
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 50; index++)
        await numbers.insertOne({ _id: round * 50 + index }, { writeConcern: { w: "majority", journal: true } });
      server.signal("SIGKILL");
      await server.restart();
      assert.equal(await numbers.countDocuments(), (round + 1) * 50);
    }
  });

  test(`${program.name} knows keys of every type again when it was killed`, async (t) => {
    const server = await start(t);
    const things = connect(t, server.uri).db("test").collection<{ _id: string; place: number }>("things");
    const date = new Date(1_700_000_000_000);
    const texts = ["", "a", "A", "ü", "\u{1f600}", "a:b", ...Array.from({ length: 2_000 }, (_, index) => `key ${(index * 7919) % 2_000}`)];
    const others: readonly unknown[] = [1, 1.5, true, date, new ObjectId(), new Binary(Buffer.from("a")), { a: "a" }, { a: 1 }];
    // The driver takes keys of any type; here its types know texts only.
    const keys = [...texts, ...others] as readonly string[];
    const documents = keys.map((_id, place) => ({ _id, place }));
    await things.insertMany(documents, { writeConcern: { w: "majority", journal: true } });
    server.signal("SIGKILL");
    await server.restart();
    for (const { _id, place } of documents.slice(-30)) assert.equal((await things.findOne({ _id }))?.place, place, `the key ${_id}`);
    const found = await things.find({ _id: { $in: [...keys] } }).toArray();
    assert.deepEqual(
      found.map(({ place }) => place).sort((a, b) => a - b),
      [...keys.keys()],
    );
    const again = await things.insertMany(documents, { ordered: false }).catch((error: unknown) => error);
    assert(again instanceof MongoBulkWriteError);
    assert.equal([again.writeErrors].flat().length, keys.length);
    assert.equal((await things.deleteMany({ _id: { $in: texts.slice(0, 1_000) } })).deletedCount, 1_000);
    assert.equal(await things.countDocuments(), keys.length - 1_000);
  });

  test(`two of ${program.name} have ports and data of their own`, async (t) => {
    const servers = await Promise.all([start(t), start(t)]);
    const [first, second] = servers.map(({ uri }) => connect(t, uri).db("test").collection<{ _id: string }>("names"));
    await first!.insertOne({ _id: "only in the first" });
    assert.equal(await second!.countDocuments(), 0);
    assert.equal(await first!.countDocuments(), 1);
  });

  test(`${program.name} rejects a port that is taken, and says so`, async (t) => {
    const { port } = await start(t);
    await assert.rejects(start(t, { port }), /Cannot start .*(in use|BindException)/is);
  });
}
