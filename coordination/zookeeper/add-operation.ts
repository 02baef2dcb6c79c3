/** An operation as a part of the client's transaction. What is created is its creator's alone where that has a name and password, and else everybody's. */
import type { Transaction } from "node-zookeeper-client";
import zookeeper from "node-zookeeper-client";
import type { Operation } from "./operations.ts";

const { CreateMode, ACL } = zookeeper;
const modes = { ephemeral: CreateMode.EPHEMERAL, sequential: CreateMode.PERSISTENT_SEQUENTIAL, plain: CreateMode.PERSISTENT };

export function addOperation(transaction: Transaction, operation: Operation, { isOwned }: { readonly isOwned: boolean }): void {
  switch (operation.kind) {
    case "create": {
      const acl = isOwned ? ACL.CREATOR_ALL_ACL : ACL.OPEN_ACL_UNSAFE;
      transaction.create(operation.path, operation.data, acl, modes[operation.mode ?? "plain"]);
      return;
    }
    case "remove":
      transaction.remove(operation.path);
      break;
    case "check":
      transaction.check(operation.path);
      break;
    case "set":
      transaction.setData(operation.path, operation.data);
      break;
  }
  // The client would take version 0 for "any".
  if (operation.version !== undefined) transaction.ops.at(-1)!.version = operation.version;
}
