/** A scheduler's connection with a real Apache Mesos, through a proxy that can break it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { listedMasters } from "../../../../runtime/mesos/leader/listed-masters.ts";
import type { Disconnected, MesosError, SchedulerConnection } from "../../../../runtime/mesos/protocol/connection.ts";
import type { SchedulerEvent } from "../../../../runtime/mesos/protocol/events.ts";
import { openSchedulerConnection, type SchedulerConnectionOptions } from "../../../../runtime/mesos/protocol/scheduler-connection.ts";
import type { FrameworkInfo, Offer, TaskInfo } from "../../../../runtime/mesos/protocol/shapes.ts";
import { startAgent, startMaster } from "../../../servers/mesos/start-mesos.ts";
import { requireServer } from "../../../servers/require-server.ts";
import { startTcpProxy } from "../../../servers/tcp-proxy.ts";
import { silent } from "../../silent-log.ts";

const credentials = { principal: "femtoq", secret: "s3cret" };
const suite = "connection with a real Mesos";
const master = requireServer(suite, await startMaster({ credentials: [credentials], roles: ["physics"] }));

type Told = SchedulerEvent | Disconnected;

/** Reads events until one satisfies a test; the events before are skipped. */
class Reader {
  readonly connection: SchedulerConnection;
  readonly #events: AsyncIterator<Told>;

  constructor(connection: SchedulerConnection) {
    this.connection = connection;
    this.#events = connection.events[Symbol.asyncIterator]();
  }

  async next<Kind extends Told["kind"]>(kind: Kind, holds: (event: Extract<Told, { kind: Kind }>) => boolean = () => true) {
    for (;;) {
      const { value, done } = await this.#events.next();
      assert.ok(!done, `the events ended before ${kind}`);
      if (value.kind === kind && holds(value as Extract<Told, { kind: Kind }>)) return value as Extract<Told, { kind: Kind }>;
    }
  }

  async end(): Promise<MesosError | undefined> {
    try {
      while (!(await this.#events.next()).done);
      return undefined;
    } catch (error) {
      return error as MesosError;
    }
  }
}

const framework: Omit<FrameworkInfo, "principal"> = {
  user: "",
  name: "test",
  failoverTimeout: 60,
  checkpoint: false,
  roles: ["physics"],
  capabilities: ["MULTI_ROLE", "PARTITION_AWARE"],
};

function connect(t: TestContext, url: string, options: Partial<SchedulerConnectionOptions> = {}): Reader {
  const connection = openSchedulerConnection({
    leaders: listedMasters([new URL(url)]),
    framework,
    credentials,
    log: silent,
    backoff: { first: 20, longest: 200 },
    startTimeout: 30_000,
    ...options,
  });
  t.after(() => connection.close());
  return new Reader(connection);
}

const taskFor = ({ agentId }: Offer, id: string): TaskInfo => ({
  id,
  name: id,
  agentId,
  resources: [
    { kind: "scalar", name: "cpus", amount: 100, isPlain: true },
    { kind: "scalar", name: "mem", amount: 32_000, isPlain: true },
  ],
  command: { value: "sleep 60" },
  data: new Uint8Array([0, 255]),
});

if (master) {
  test(`${suite}: a wrong secret, a missing one and a role that is not allowed are told as such`, async (t) => {
    const wrong = await connect(t, master.url, { credentials: { ...credentials, secret: "wr0ng" } }).end();
    assert.equal(wrong?.code, "unauthorized");
    assert.doesNotMatch(wrong.message, /wr0ng/);
    const missing = openSchedulerConnection({ leaders: listedMasters([new URL(master.url)]), framework, log: silent });
    const without = await new Reader(missing).end();
    assert.match(without?.message ?? "", /no principal was given/);
    const role = await connect(t, master.url, { framework: { ...framework, roles: ["chemistry"] } }).end();
    assert.equal(role?.code, "refused");
    assert.match(role.message, /chemistry.*not present in the master's --roles/);
    const named = await connect(t, `${master.url}/elsewhere`, { startTimeout: 50 }).end();
    assert.match(named?.message ?? "", /elsewhere.*answered 404|no answer came/);
  });

  test(`${suite}: a call that was done, but whose answer was lost, is told as neither, and the next subscription tells what became of it`, async (t) => {
    const agent = await startAgent({ master });
    t.after(() => agent.stop());
    const proxy = await startTcpProxy(master.port);
    t.after(() => proxy.stop());
    const reader = connect(t, `http://${proxy.address}`);
    const { connection } = reader;
    const { frameworkId } = await reader.next("subscribed");
    const { offers } = await reader.next("offers");
    const [offer] = offers as [Offer];
    proxy.mute();
    const accepted = connection.send({ kind: "accept", offerIds: [offer.id], launch: [taskFor(offer, "lost-answer")] });
    const later = connection.send({ kind: "suppress" });
    const rejected = Promise.all([accepted, later].map((each) => assert.rejects(each, { code: "disconnected" })));
    const launched = async () => {
      const { frameworks } = await master.state();
      return frameworks.some(({ id, tasks }) => id === frameworkId && tasks.some((task) => task.id === "lost-answer"));
    };
    while (!(await launched())) await new Promise((resolve) => setTimeout(resolve, 20));
    proxy.mend();
    proxy.reset();
    await rejected;
    await reader.next("disconnected");
    assert.equal((await reader.next("subscribed")).frameworkId, frameworkId);
    await connection.send({ kind: "reconcile", tasks: [{ taskId: "lost-answer", agentId: offer.agentId }] });
    const { status } = await reader.next("update", ({ status: { reason } }) => reason === "REASON_RECONCILIATION");
    assert.deepEqual([status.taskId, status.source, status.uuid], ["lost-answer", "SOURCE_MASTER", undefined]);

    // The master forgets nothing that it must know after it was killed: the framework and its task are there again.
    await master.restart();
    await reader.next("disconnected");
    assert.equal((await reader.next("subscribed")).frameworkId, frameworkId);
    // The agent says the next thing only once it knows that this one arrived.
    for (const state of ["TASK_RUNNING", "TASK_KILLED"]) {
      const { status: told } = await reader.next("update", (event) => event.status.state === state && event.status.uuid !== undefined);
      await connection.send({ kind: "acknowledge", taskId: told.taskId, agentId: told.agentId!, uuid: told.uuid! });
      await connection.send({ kind: "kill", taskId: told.taskId, agentId: told.agentId! });
    }
  });

  test(`${suite}: of two instances the earlier one ends, and a framework that an operator removed ends the later one`, async (t) => {
    const first = connect(t, master.url);
    const { frameworkId } = await first.next("subscribed");
    const second = connect(t, master.url, { framework: { ...framework, id: frameworkId } });
    await second.next("subscribed");
    assert.equal((await first.end())?.code, "failed-over");
    await master.operate({ type: "TEARDOWN", teardown: { framework_id: { value: frameworkId } } });
    assert.equal((await second.end())?.code, "removed");
    const third = await connect(t, master.url, { framework: { ...framework, id: frameworkId } }).end();
    assert.equal(third?.code, "removed");
  });

  test(`${suite}: the master ends`, () => master.stop());
}
