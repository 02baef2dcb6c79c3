/** A process that ends in the middle of work. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { ask, claimNext, joinAs } from "../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../contracts/subtasks.ts";
import { findServer, silent } from "./zookeeper-for-tests.ts";

const suite = "closing a coordinator on ZooKeeper";
const server = await findServer(suite);

if (server) {
  test(`${suite}: claims that are asked for, attempted and ending at that moment settle, and later ones are refused`, async () => {
    for (let round = 0; round < 5; round++) {
      const coordinator = await createZooKeeperCoordinator({
        hosts: server.hosts,
        root: `/closing-${randomUUID()}`,
        sessionTimeout: 10_000,
        log: silent,
      });
      const node = await joinAs(coordinator, "node");
      await coordinator.enqueue(ask(makeSubtasks(60)));
      const held = await Promise.all(Array.from({ length: 20 }, () => claimNext(node)));
      const ending = held.map((claim) => claim.complete());
      const waiting = Array.from({ length: 100 }, () => claimNext(node));
      const [, ...outcomes] = await Promise.all([
        coordinator.close(),
        ...[...ending, ...waiting].map((each) => Promise.allSettled([each])),
      ]);
      for (const [outcome] of outcomes.slice(ending.length))
        if (outcome!.status === "rejected") assert.match(String(outcome!.reason), /closed/);
      await assert.rejects(claimNext(node), /closed/);
    }
  });
}
