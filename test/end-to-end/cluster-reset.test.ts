/** `femtoq reset --coordinator` and `femtoq nodes` on a real cluster. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Connection } from "../../coordination/zookeeper/protocol/connection.ts";
import { runCli } from "../runtime/cli/run-cli.ts";
import { silent } from "../runtime/silent-log.ts";
import { requireServer } from "../servers/require-server.ts";
import { askCluster, submitTo } from "../support/ask-cluster.ts";
import { createZnode, openCluster, readNodes, readReasons, startClusterServers } from "../support/cluster.ts";
import { assertComplete, makeClusterDataset, partitions, clusterQuery as query } from "../support/cluster-dataset.ts";
import { until } from "../support/until.ts";

const servers = requireServer("resetting a cluster", await startClusterServers({ tick: 200 }));
const dataset = await makeClusterDataset();

after(async () => {
  await servers?.stop();
  await dataset.remove();
});

if (servers) {
  test("femtoq reset --coordinator refuses while nodes are live, naming them, and then empties our root and nothing else", async (t) => {
    const cluster = await openCluster(t, servers, { args: dataset.args });
    const chroot = new URL(`http://${cluster.zookeeper}`).pathname;
    await createZnode(servers.zookeeper.hosts, `${chroot}/neighbour`, "stays");
    const reset = () => runCli(["reset", "--coordinator", "--yes", "--zookeeper", cluster.zookeeper]);
    const dispatcher = await cluster.start("dispatch");
    const node = await cluster.start("compute");
    await until(async () => (await readNodes(dispatcher.url)).nodes.length === 1);
    const { id, host } = (await readNodes(dispatcher.url)).nodes[0]!;
    const refused = await reset();
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`while nodes are live: ${host} \\(${id}\\); stop them first`));
    await cluster.end(node);
    await submitTo(dispatcher.url, query(33), 180);
    assert.equal((await readNodes(dispatcher.url)).subtasks.unowned, partitions);
    await cluster.end(dispatcher);

    assert.equal((await runCli(["reset", "--coordinator", "--zookeeper", cluster.zookeeper])).code, 2);
    assert.match((await runCli(["reset", "--coordinator", "--yes"])).stderr, /name its ZooKeeper with --zookeeper/);
    const done = await reset();
    assert.equal(done.code, 0, done.stderr);
    assert.ok(Number(/(\d+) znodes went/.exec(done.stdout)?.[1]) > partitions);
    const connection = await Connection.open({ hosts: cluster.zookeeper, sessionTimeout: 2_000, startTimeout: 5_000, log: silent });
    assert.equal(String((await connection.session.get(`${chroot}/neighbour`))?.data), "stays");
    await connection.close();

    const again = await cluster.start("dispatch");
    assert.deepEqual((await readNodes(again.url)).subtasks, { unowned: 0, owned: 0, failed: 0 });
    await cluster.start("compute");
    assertComplete(await askCluster(query(33), { urls: () => cluster.urls, patience: 180 }), 33);
  });

  test("femtoq reset --coordinator leaves alone what is not ours", async () => {
    await createZnode(servers.zookeeper.hosts, "/theirs");
    await createZnode(servers.zookeeper.hosts, "/theirs/femtoq", "a program of another kind");
    const refused = await runCli(["reset", "--coordinator", "--yes", "--zookeeper", `${servers.zookeeper.hosts}/theirs`]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /something else than Femtoq's coordination is there/);
    const connection = await Connection.open({ hosts: servers.zookeeper.hosts, sessionTimeout: 2_000, startTimeout: 5_000, log: silent });
    assert.equal(String((await connection.session.get("/theirs/femtoq"))?.data), "a program of another kind");
    await connection.close();
  });

  test("femtoq nodes lists the nodes of the cluster with their figures, and says where there are none", async (t) => {
    const cluster = await openCluster(t, servers, { args: dataset.args });
    const dispatcher = await cluster.start("dispatch");
    const show = () => runCli(["nodes", "--server", dispatcher.url]);
    assert.match((await show()).stdout, /no nodes: what is asked for waits until one starts/);
    const nodes = await Promise.all([cluster.start("compute"), cluster.start("compute", { args: ["--threads", "2"] })]);
    await until(async () => (await Promise.all(nodes.map(readReasons))).flat().length === 0);
    await askCluster(query(44), { urls: () => cluster.urls, patience: 180 });
    const { nodes: listed } = await readNodes(dispatcher.url);
    const { code, stdout } = await show();
    assert.equal(code, 0);
    assert.match(stdout, /is ready\n/);
    assert.match(stdout, /node +id +threads +running +done +failed +columns held +up for/);
    for (const { id, host, threads } of listed) {
      const line = stdout.split("\n").find((each) => each.includes(id))!;
      assert.ok(line.startsWith(host), line);
      assert.match(line, new RegExp(`${id} +${threads} .* \\d+ s$`));
    }
  });
}
