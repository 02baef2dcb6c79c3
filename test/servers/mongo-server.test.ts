import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MongoClient } from "mongodb";
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
