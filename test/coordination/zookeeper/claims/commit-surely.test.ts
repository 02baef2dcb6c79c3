import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { commitSurely } from "../../../../coordination/zookeeper/claims/commit-surely.ts";
import { ZooKeeperError } from "../../../../coordination/zookeeper/protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../../../../coordination/zookeeper/zookeeper.ts";

test("commitSurely waits no longer before another try once the session is lost", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const lost = new AbortController();
    const commit = async () => {
      setImmediate(() => lost.abort());
      throw new ZooKeeperError("connection-loss", "no answer");
    };
    const zookeeper = { combiner: { commit }, lost: lost.signal } as unknown as ZooKeeper;
    const never = () => assert.fail("it was not carried out");
    assert.equal(await commitSurely(zookeeper, { describe: () => [], onDone: never, onRefused: never }), undefined);
  } finally {
    mock.timers.reset();
  }
});
