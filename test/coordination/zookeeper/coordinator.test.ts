import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import {
  createZooKeeperCoordinator,
  type ZooKeeperCoordinator,
  type ZooKeeperCoordinatorOptions,
} from "../../../coordination/zookeeper/coordinator.ts";
import { describeCoordinator } from "../../contracts/coordinator-contract.ts";
import { until } from "../../support/until.ts";
import { findServers, openConnection, sessionTimeout, silent } from "./zookeeper-for-tests.ts";

const suite = "coordinator on ZooKeeper";

/** Today's servers, open to all; those of the prototype's line, with an owner. */
const servers = await findServers(suite, ["3.9.4", "3.4.14"]);
for (const [index, auth] of [undefined, "femtoq:secret"].entries()) {
  const server = servers[index];
  if (server === undefined) continue;
  const { hosts, name } = server;

  const open = async (t: TestContext, options: Partial<ZooKeeperCoordinatorOptions>): Promise<ZooKeeperCoordinator> => {
    const errors: unknown[] = [];
    const log = { ...silent, error: (fields: object) => void errors.push(fields) };
    const coordinator = await createZooKeeperCoordinator({ hosts, log, sessionTimeout, ...(auth && { auth }), ...options });
    t.after(async () => {
      await coordinator.close();
      assert.deepEqual(errors, []);
    });
    return coordinator;
  };

  /** Until the sessions of the nodes that were there are over. */
  const expired = async (t: TestContext, root: string): Promise<void> => {
    const connection = await openConnection(t, hosts, auth === undefined ? {} : { auth });
    const list = (folder: string) => connection.run((session) => session.list(`${root}/${folder}`));
    await until(async () => {
      const children = await Promise.all(["nodes", "claims", "locks"].map(list));
      return children.every((listing) => listing?.children.length === 0);
    });
  };

  describeCoordinator(`${suite}, ${name}${auth ? ", with an owner" : ""}`, async (t, choices) => {
    const root = `/contract-${randomUUID()}`;
    let current = await open(t, { root, ...choices });
    return {
      coordinator: current,
      async crash() {
        current.abandon();
        await expired(t, root);
        current = await open(t, { root, ...choices });
        return current;
      },
    };
  });
}
