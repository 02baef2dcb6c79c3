import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import {
  createZooKeeperCoordinator,
  type ZooKeeperCoordinator,
  type ZooKeeperCoordinatorOptions,
} from "../../../coordination/zookeeper/coordinator.ts";
import { describeCoordinator } from "../../contracts/coordinator-contract.ts";
import { findServer, openConnection, silent } from "./zookeeper-for-tests.ts";

const suite = "coordinator on ZooKeeper";
const server = await findServer(suite);
const sessionTimeout = 1500;

async function open(t: TestContext, options: Partial<ZooKeeperCoordinatorOptions> = {}): Promise<ZooKeeperCoordinator> {
  const errors: unknown[] = [];
  const log = { ...silent, error: (fields: object) => void errors.push(fields) };
  const coordinator = await createZooKeeperCoordinator({ hosts: server!.hosts, log, sessionTimeout, ...options });
  t.after(async () => {
    await coordinator.close();
    assert.deepEqual(errors, []);
  });
  return coordinator;
}

/** Until the sessions of the nodes that were there are over. */
async function expired(t: TestContext, root: string): Promise<void> {
  const { session } = await openConnection(t, server!.hosts);
  for (;;) {
    const children = await Promise.all(
      ["nodes", "claims", "locks"].map(async (name) => (await session.list(`${root}/${name}`))?.children ?? []),
    );
    if (children.flat().length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

if (server) {
  describeCoordinator(`${suite}, ${server.name}`, async (t) => {
    const root = `/contract-${randomUUID()}`;
    let current = await open(t, { root });
    return {
      coordinator: current,
      async crash() {
        current.abandon();
        await expired(t, root);
        current = await open(t, { root });
        return current;
      },
    };
  });
}
