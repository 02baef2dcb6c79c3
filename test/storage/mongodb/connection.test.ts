import assert from "node:assert/strict";
import { test } from "node:test";
import { MongoNetworkError } from "mongodb";
import { Connection } from "../../../storage/mongodb/connection.ts";
import { silent } from "../../runtime/silent-log.ts";
import { until } from "../../support/until.ts";
import { makeDatabase, openTestMongo } from "../test-mongo.ts";

const mongo = await openTestMongo("the connection to MongoDB");

if (mongo) {
  test(`Connection on ${mongo.name}: is ready once the database was prepared, though attempts failed after the server was found`, async (t) => {
    const connection = new Connection({ uri: mongo.uri, database: makeDatabase(t, mongo.uri), log: silent, patience: 60_000 });
    t.after(() => connection.close());
    let attempts = 0;
    await connection.open(async () => {
      if (++attempts < 4) throw new MongoNetworkError("cut");
    });
    await until(() => attempts === 4, "the last attempt");
    await connection.read("read anything", async () => {});
    assert.deepEqual(connection.notReady(), []);
  });
}
