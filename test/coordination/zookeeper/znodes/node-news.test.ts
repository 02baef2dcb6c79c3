/** Tests what nodes tell others of the claims that they make and end. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { createZooKeeperCoordinator } from "../../../../coordination/zookeeper/coordinator.ts";
import { Combiner } from "../../../../coordination/zookeeper/protocol/combine.ts";
import { create, remove } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { hashName } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { lastChanges, OwnNews, parseNews } from "../../../../coordination/zookeeper/znodes/node-news.ts";
import { ask, joinAs } from "../../../contracts/coordinator/harness.ts";
import { keysOf, listen, makeSubtasks } from "../../../contracts/subtasks.ts";
import { until } from "../../../support/until.ts";
import { findServer, openConnection, silent } from "../zookeeper-for-tests.ts";

const suite = "what nodes tell of their claims on ZooKeeper";
const server = await findServer(suite);
const [one, two, three] = ["one", "two", "three"].map(hashName) as [string, string, string];

test("parseNews reads what OwnNews describes, and nothing else", () => {
  const news = new OwnNews("/path");
  assert.deepEqual(news.describe([]), []);
  news.carriedOut([`+${one}`, `+${two}`]);
  const [operation] = news.describe([`-${one}`]);
  assert(operation?.kind === "set");
  assert.deepEqual(parseNews(operation.data), { count: 3, latest: [`+${one}`, `+${two}`, `-${one}`] });
  for (const garbage of ["", "x", "1\n", `1\n${one}`, `1\n*${one}`, `-1\n+${one}`, `1\n${`+${one}\n`.repeat(128)}+${one}`])
    assert.equal(parseNews(Buffer.from(garbage)), undefined);
});

test("OwnNews: after a transaction in doubt others see that they missed some, and what is refused is not tried again", () => {
  const news = new OwnNews("/path");
  news.carriedOut([`+${one}`]);
  news.inDoubt();
  const [operation] = news.describe([`-${two}`]);
  assert(operation?.kind === "set");
  const { count, latest } = parseNews(operation.data)!;
  assert(count > 128);
  assert.deepEqual(latest, [`-${two}`]);
  news.refused();
  assert.deepEqual(news.describe([`-${two}`]), []);
});

test("lastChanges tells what became of each subtask at last", () => {
  const latest = [`+${one}`, `+${two}`, `-${one}`, `=${two}`, `+${two}`, `!${three}`];
  assert.deepEqual(lastChanges(latest), { "+": [two], "-": [one], "=": [], "!": [three] });
});

if (server) {
  test(`${suite}: a process that does not queue hears of all that nodes of others do, and each claim is somebody's alone`, async (t) => {
    const root = `/news-${randomUUID()}`;
    const open = async () => {
      const coordinator = await createZooKeeperCoordinator({ hosts: server.hosts, root, log: silent });
      t.after(() => coordinator.close());
      return coordinator;
    };
    const [follower, dispatcher, ...workers] = await Promise.all([open(), open(), open(), open()]);
    const subtasks = makeSubtasks(40);
    const heard = listen(follower, keysOf(subtasks));
    await follower.states(keysOf(subtasks));
    await dispatcher.enqueue(ask(subtasks));
    await until(() => heard.events.length === subtasks.length);
    const nodes = await Promise.all(workers.map((worker, index) => joinAs(worker, `node ${index}`)));
    const done: string[] = [];
    const stop = new AbortController();
    const pull = async (node: (typeof nodes)[number]) => {
      for (;;) {
        const claims = await node.claim({ signal: stop.signal, most: 8 });
        const answers = await node.complete(claims);
        done.push(...claims.filter((_, index) => answers[index]).map(({ subtask }) => subtask.key));
      }
    };
    const pulling = nodes.map((node) => pull(node).catch(() => undefined));
    await until(() => heard.events.filter(({ kind }) => kind === "done").length === subtasks.length);
    await until(() => done.length >= subtasks.length);
    stop.abort();
    await Promise.all(pulling);
    assert.deepEqual(done.sort(), [...keysOf(subtasks)].sort());
  });

  test(`${suite}: a claim that is refused takes no other of its bundle down, and is not told`, async (t) => {
    const { session } = await openConnection(t, server.hosts);
    const path = `/bundle-${randomUUID()}`;
    await session.commit([create(path), create(`${path}/news`), create(`${path}/two`)]);
    const combiner = new Combiner(session, new OwnNews(`${path}/news`));
    const claim = (name: string, hash: string) => combiner.commit([create(`${path}/${name}`)], `+${hash}`);
    const outcomes = await Promise.allSettled([claim("one", one), claim("two", two), claim("three", three)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    const read = async () => parseNews((await session.get(`${path}/news`))!.data);
    assert.deepEqual(await read(), { count: 2, latest: [`+${one}`, `+${three}`] });
    // A node's news only save time; without them everything works.
    await session.commit([remove(`${path}/news`)]);
    await claim("four", two);
    assert.equal((await session.list(path))!.children.length, 4);
  });
}
