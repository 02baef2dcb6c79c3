/** Malformed znodes at every place where one is read: they are skipped, and logged or swept away, and everything else continues. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { create, createSequential, set } from "../../../coordination/zookeeper/protocol/operations.ts";
import { Housekeeping } from "../../../coordination/zookeeper/upkeep/housekeeping.ts";
import { WatchedSubtasks } from "../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { createLayout, hashName, shardOf, subtaskPath } from "../../../coordination/zookeeper/znodes/layout.ts";
import { Segments } from "../../../coordination/zookeeper/znodes/segments.ts";
import { countsOf } from "../../contracts/claim-one.ts";
import { ask, claimNext, drain, joinAs } from "../../contracts/coordinator/harness.ts";
import { keysOf, listen, makeSubtask, makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { findServer, makeZooKeeper, openConnection, sessionTimeout, silent } from "./zookeeper-for-tests.ts";

const suite = "garbage in ZooKeeper";
const server = await findServer(suite);
const garbage = Buffer.from("\u0000{garbage");
/** Valid JSON that is expected nowhere. */
const strange = [null, [], 7, {}, { programKey: "p", dataset: "d", subtasks: [[1]] }, { id: 1, node: 2, instance: 3, attempts: "many" }];

async function open(t: TestContext, root: string) {
  const errors: unknown[] = [];
  const warnings: string[] = [];
  const log = {
    ...silent,
    warn: (fields: object) => void warnings.push(JSON.stringify(fields)),
    error: (fields: object) => void errors.push(fields),
  };
  const coordinator = await createZooKeeperCoordinator({ hosts: server!.hosts, root, sessionTimeout, log });
  t.after(async () => {
    await coordinator.close();
    assert.deepEqual(errors, []);
  });
  const warnedOf = (path: string) => warnings.some((warning) => warning.includes(`"${path}"`));
  return { coordinator, warnedOf, warnings };
}

if (server) {
  for (const [form, bodies] of [
    ["bytes that are no JSON", [garbage]],
    ["JSON of another form", strange.map((value) => Buffer.from(JSON.stringify(value)))],
  ] as const) {
    test(`${suite}: ${form} in every folder and body stops neither dispatcher nor node, nor one that starts`, async (t) => {
      const root = `/garbage-${randomUUID()}`;
      const layout = createLayout(root);
      const { session } = await openConnection(t, server.hosts);
      const early = await open(t, root);
      const subtasks = makeSubtasks(6);
      const earlyNode = await joinAs(early.coordinator, "early");
      await early.coordinator.enqueue(ask([makeSubtask(0, "failing")], { queryId: "failing" }));
      await (await claimNext(earlyNode)).fail("hopeless", { permanent: true });
      const heard = listen(early.coordinator, keysOf(subtasks));
      await early.coordinator.enqueue(ask(subtasks));
      const query = `${layout.queries}/${hashName("query")}`;
      const names = ["garbage", "~", "é.è", "x".repeat(22), `${"x".repeat(22)}.running`, "000.0000000001"];
      const folders = [
        layout.interest,
        layout.queries,
        layout.claims,
        layout.nodes,
        layout.held,
        layout.failed,
        layout.withdrawn,
        layout.locks,
      ];
      for (const folder of [...folders, ...layout.shards.slice(0, 3), query, `${root}/subtasks`, root]) {
        for (const [index, name] of names.entries()) await session.commit([create(`${folder}/${name}`, bodies[index % bodies.length])]);
      }
      for (const [index, body] of bodies.entries()) {
        await session.commit([
          createSequential(`${query}/${"p".repeat(22)}.`, body),
          createSequential(`${layout.withdrawn}/w.`, body),
          create(`${layout.held}/${"i".repeat(22)}.${index}`, body),
          create(`${layout.held}/${"i".repeat(22)}.${index}/~`, body),
          create(`${layout.held}/${"i".repeat(22)}.${index}/${hashName(subtasks[0]!.key)}`, body),
          createSequential(`${layout.interest}/500.${hashName("nobody's")}.${hashName("alice")}.x.`, body),
        ]);
        await session.commit([set(subtaskPath(layout, hashName(subtasks[index]!.key)), body)]);
      }
      for (const path of [query, layout.epoch, layout.returned]) await session.commit([set(path, garbage)]);

      const late = await open(t, root);
      const node = await joinAs(late.coordinator, "late");
      await late.coordinator.enqueue(ask(makeSubtasks(3, "other"), { queryId: "other", client: "bob" }));
      assert.equal(await late.coordinator.renew("query", "alice"), true);
      await earlyNode.leave();
      const all = [...keysOf(subtasks), ...keysOf(makeSubtasks(3, "other"))];
      assert.deepEqual([...(await late.coordinator.states(all)).keys()].sort(), [...all].sort());
      assert.deepEqual([...(await drain(node, 9))].sort(), [...all].sort());
      await until(() => heard.events.filter(({ kind }) => kind === "done").length === 6);
      assert.deepEqual(
        (await early.coordinator.nodes()).map(({ id }) => id),
        ["late"],
      );
      await countsOf(early.coordinator);
      await early.coordinator.enqueue(ask([makeSubtask(9)], { queryId: "withdrawn" }));
      assert.deepEqual(await early.coordinator.withdraw("withdrawn", "alice"), { interested: 0 });
      for (const path of [
        `${layout.interest}/garbage`,
        `${layout.nodes}/garbage`,
        `${query}/garbage`,
        `${query}/${"p".repeat(22)}.0000000007`,
      ]) {
        assert(late.warnedOf(path), `${path} in ${late.warnings.join("\n")}`);
      }
      for (const path of [`${layout.failed}/garbage`, `${layout.claims}/garbage`]) assert(early.warnedOf(path), path);
      // What dead instances held is counted and removed, whatever it was.
      assert.deepEqual(
        (await session.list(layout.held))?.children.filter((name) => name.startsWith("i")),
        [],
      );
      assert.equal(new Set(late.warnings).size, late.warnings.length, "each is logged once");
    });
  }

  test(`${suite}: housekeeping goes on behind it and forgets what is beyond the most`, async (t) => {
    const root = `/garbage-${randomUUID()}`;
    const layout = createLayout(root);
    const { coordinator } = await open(t, root);
    const connection = await openConnection(t, server.hosts);
    const { session } = connection;
    await coordinator.enqueue(ask(makeSubtasks(3)));
    for (const folder of [layout.interest, layout.queries, layout.failed, layout.withdrawn, layout.held]) {
      for (const name of ["~", "garbage", "000.x"]) await session.commit([create(`${folder}/${name}`, garbage)]);
    }
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const zookeeper = makeZooKeeper(connection, layout, { onError });
    const watched = new WatchedSubtasks({ onError, onShard: () => undefined, onThere: () => undefined });
    const options = {
      zookeeper,
      watched,
      segments: new Segments(),
      onWithdrawn: () => undefined,
    };
    const housekeeping = new Housekeeping({ keepRecords: 0, interestTerm: 60_000, mostFailed: 0 });
    for (let round = 0; round < 3; round++) await housekeeping.run(options);
    for (const folder of [layout.queries, layout.failed, layout.withdrawn, layout.held]) {
      assert.deepEqual((await session.list(folder))?.children, folder === layout.queries ? [hashName("query")] : [], folder);
    }
    assert.deepEqual(errors, []);
    assert.deepEqual(await countsOf(coordinator), { unowned: 3, owned: 0, failed: 0 });
    assert.equal(shardOf("~") >= 0, true);
  });
}
