/** Masters that are registered in a real ZooKeeper, with nodes as Mesos writes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createEphemeral, remove } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { registeredMasters } from "../../../../runtime/mesos/leader/registered-masters.ts";
import { findServer, openConnection } from "../../../coordination/zookeeper/zookeeper-for-tests.ts";
import { silent } from "../../silent-log.ts";

const suite = "masters in ZooKeeper";
const server = await findServer(suite);

const info = (port: number) =>
  Buffer.from(
    `{"address":{"hostname":"näher","ip":"127.0.0.1","port":${port}},"hostname":"näher","id":"4c6a","ip":16777343,"pid":"master@127.0.0.1:${port}","port":${port},"version":"1.11.0"}`,
  );
const patient = new AbortController().signal;

if (server) {
  test(`${suite}: the one with the smallest number leads, and the next one when it is gone`, async (t) => {
    const { session } = await openConnection(t, server.hosts);
    const leaders = await registeredMasters({ hosts: server.hosts, path: "/mesos", scheme: "http", log: silent });
    t.after(() => leaders.close());
    // There is no path yet.
    const found = leaders.find(patient);
    await session.commit([create("/mesos"), create("/mesos/log_replicas")]);
    await session.commit([createEphemeral("/mesos/json.info_0000000012", info(5052))]);
    const second = await found;
    assert.equal(second.url.href, "http://127.0.0.1:5052/");
    assert.equal(await leaders.isNamed(new URL("http://127.0.0.1:5051")), false);

    await session.commit([createEphemeral("/mesos/json.info_0000000007", info(5051))]);
    await aborted(second.replaced);
    const first = await leaders.find(patient);
    assert.equal(first.url.href, "http://127.0.0.1:5051/");
    assert.equal(await leaders.isNamed(new URL("http://127.0.0.1:5051")), true);

    await session.commit([remove("/mesos/json.info_0000000007"), remove("/mesos/json.info_0000000012")]);
    await aborted(first.replaced);
    const impatient = new AbortController();
    const none = assert.rejects(leaders.find(impatient.signal), /no Mesos master is registered at zk:\/\/.*\/mesos/);
    impatient.abort();
    await none;
    await session.commit([createEphemeral("/mesos/json.info_0000000013", Buffer.from('{"pid":"master@10.0.0.1:5050"}'))]);
    assert.equal((await leaders.find(patient)).url.href, "http://10.0.0.1:5050/");
    await session.commit(["/mesos/json.info_0000000013", "/mesos/log_replicas", "/mesos"].map(remove));
  });

  test(`${suite}: what cannot be read is told, until somebody else leads`, async (t) => {
    const { session } = await openConnection(t, server.hosts);
    await session.commit([create("/old"), create("/old/info_0000000001", Buffer.from([10, 0]))]);
    const leaders = await registeredMasters({ hosts: server.hosts, path: "/old", scheme: "https", log: silent });
    t.after(() => leaders.close());
    await assert.rejects(leaders.find(patient), { code: "bad-address", message: /info_0000000001 at zk.*so old writes no JSON/ });
    await session.commit([remove("/old/info_0000000001"), create("/old/json.info_0000000002", Buffer.from("["))]);
    await eventually(leaders, /json\.info_0000000002.*is not a master's description/);
    await session.commit([remove("/old/json.info_0000000002"), create("/old/json.info_0000000003", info(5050))]);
    await eventually(leaders, undefined);
    // Certificates are for names.
    assert.equal((await leaders.find(patient)).url.hostname, "xn--nher-loa");
    await session.commit([remove("/old/json.info_0000000003"), remove("/old")]);
  });
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });

/** Repeats `find` until it rejects with this or, if nothing is expected, returns a leader. */
async function eventually(leaders: Awaited<ReturnType<typeof registeredMasters>>, expected: RegExp | undefined): Promise<void> {
  for (;;) {
    const message = await leaders.find(patient).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (expected ? message !== undefined && expected.test(message) : message === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
