import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import zookeeper from "node-zookeeper-client";
import { encodeTransaction, transactionType } from "../../../../coordination/zookeeper/protocol/encode-transaction.ts";
import {
  check,
  create,
  createEphemeral,
  createSequential,
  type Operation,
  remove,
  set,
} from "../../../../coordination/zookeeper/protocol/operations.ts";

/** The client's own encoder. */
const jute = createRequire(import.meta.url)("node-zookeeper-client/lib/jute");
const { ACL } = zookeeper as unknown as { readonly ACL: Readonly<Record<string, unknown>> };

function encodeByClient(operations: readonly Operation[], xid: number, acls: unknown): Buffer {
  const types = { create: 1, remove: 2, set: 5, check: 13 };
  const modes = { plain: 0, ephemeral: 1, sequential: 2, "ephemeral-sequential": 3 };
  const ops = operations.map((operation) => ({
    type: types[operation.kind],
    path: operation.path,
    version: "version" in operation ? (operation.version ?? -1) : -1,
    data: "data" in operation ? operation.data : undefined,
    mode: operation.kind === "create" ? modes[operation.mode ?? "plain"] : undefined,
    acls,
  }));
  const header = new jute.protocol.RequestHeader();
  header.type = transactionType;
  header.xid = xid;
  return new jute.Request(header, new jute.TransactionRequest(ops)).toBuffer();
}

const data = Buffer.from([0, 1, 2, 255]);
const transactions: Readonly<Record<string, readonly Operation[]>> = {
  "each kind": [
    create("/a"),
    create("/a/b", data),
    createEphemeral("/e", data),
    createSequential("/s.", Buffer.alloc(0)),
    remove("/a"),
    check("/c", 0),
    check("/c"),
    set("/d", data, 7),
    set("/d", Buffer.alloc(0)),
  ],
  "names beyond ASCII": [create("/é/數據/🎉", data), remove("/é")],
  nothing: [],
  many: Array.from({ length: 500 }, (_, index) => create(`/many/${index}`)),
};

for (const [what, operations] of Object.entries(transactions)) {
  test(`encodeTransaction: ${what}: the bytes that the client's encoder gives, for everybody and for an owner`, () => {
    const everybody = encodeByClient(operations, 77, ACL.OPEN_ACL_UNSAFE);
    assert.deepEqual(encodeTransaction(operations, { xid: 77, isOwned: false }), everybody);
    const owner = encodeByClient(operations, 2 ** 30, ACL.CREATOR_ALL_ACL);
    assert.deepEqual(encodeTransaction(operations, { xid: 2 ** 30, isOwned: true }), owner);
  });
}
