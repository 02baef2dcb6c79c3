import assert from "node:assert/strict";
import { test } from "node:test";
import { commandTask, framework, RawScheduler } from "./raw-scheduler.ts";
import type { TestedMesos } from "./tested-mesos.ts";

/** Tests what is lost and what is kept when a framework, a master or an agent goes and comes back. */
export function testFailover(mesos: TestedMesos): void {
  const { name, url, agents } = mesos;
  const open = async (t: { after(action: () => unknown): void }) => {
    const scheduler = new RawScheduler(url);
    await scheduler.subscribe();
    t.after(() => scheduler.call("TEARDOWN"));
    return scheduler;
  };
  const launchLong = async (scheduler: RawScheduler, agent = agents[0]!.id) => {
    const offer = await scheduler.offer(agent);
    await scheduler.launch(offer, [commandTask(offer, "long", "sleep 100")]);
    return scheduler.update("long", "TASK_RUNNING");
  };

  test(`${name} ends the older of two subscriptions, voids its offers, and tells again what was not acknowledged`, async (t) => {
    const older = await open(t);
    const running = await launchLong(older);
    const void_ = await older.offer(agents[1]!.id);
    const newer = new RawScheduler(url);
    newer.id = older.id;
    await newer.subscribe();
    await older.closed();
    assert.equal(older.events.at(-1).type, "ERROR");
    assert.match(older.events.at(-1).error.message, /^Framework failed over/);
    assert.equal((await older.call("REVIVE")).status, 400);
    await newer.launch(void_, [commandTask(void_, "on a void offer", "true")]);
    await newer.update("on a void offer", "TASK_DROPPED");
    assert.equal((await newer.update("long", "TASK_RUNNING")).uuid, running.uuid);
    older.streamId = newer.streamId;
  });

  test(`${name} forgets a framework without time to fail over as soon as it is away`, async () => {
    const scheduler = new RawScheduler(url, framework({ failover_timeout: 0 }));
    await scheduler.subscribe();
    scheduler.disconnect();
    let status = 202;
    while (status !== 400) ({ status } = await scheduler.call("REVIVE"));
    const answer = await scheduler.subscribe();
    assert.equal(answer.type, "ERROR");
    assert.match(answer.error.message, /Framework has been removed/);
  });

  test(`${name} ends the tasks of a framework that is torn down, and never takes it again`, async () => {
    const scheduler = new RawScheduler(url);
    await scheduler.subscribe();
    await launchLong(scheduler);
    assert.equal((await scheduler.call("TEARDOWN")).status, 202);
    await scheduler.closed();
    assert.equal(scheduler.events.filter(({ type }) => type === "ERROR").length, 0);
    const answer = await scheduler.subscribe();
    assert.match(answer.error.message, /Framework has been removed/);
  });

  test(`${name} knows its tasks again after the master was killed, and tells what was not acknowledged`, async (t) => {
    const scheduler = await open(t);
    const running = await launchLong(scheduler);
    const id = scheduler.id;
    await mesos.restartMaster();
    await scheduler.closed();
    const before = scheduler.updates("long").length;
    await scheduler.subscribe();
    assert.equal(scheduler.id, id);
    const again = await scheduler.until(
      () =>
        scheduler
          .updates("long")
          .slice(before)
          .find(({ uuid }) => uuid),
      "the update again",
    );
    assert.deepEqual([again.uuid, again.state], [running.uuid, "TASK_RUNNING"]);
    await scheduler.acknowledge(again);
    await scheduler.call("RECONCILE", { tasks: [{ task_id: again.task_id, agent_id: again.agent_id }] });
    await scheduler.until(() => scheduler.updates("long").find(({ reason }) => reason === "REASON_RECONCILIATION"), "an answer");
  });

  test(`${name} keeps tasks over the end of an agent's process`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[1]!.id);
    await scheduler.launch(offer, [commandTask(offer, "over the end", "sleep 100")]);
    const running = await scheduler.update("over the end", "TASK_RUNNING");
    const before = scheduler.updates("over the end").length;
    await agents[1]!.restart();
    const again = await scheduler.update("over the end", "TASK_RUNNING", before);
    assert.equal(again.uuid, running.uuid);
    await scheduler.acknowledge(again);
  });

  test(`${name} says UNREACHABLE of an agent that is silent too long, and RUNNING when it is back`, async (t) => {
    const scheduler = await open(t);
    await scheduler.acknowledge(await launchLong(scheduler));
    t.after(() => agents[0]!.resume());
    agents[0]!.pause();
    const lost = await scheduler.update("long", "TASK_UNREACHABLE");
    assert.deepEqual([lost.source, lost.reason, lost.uuid], ["SOURCE_MASTER", "REASON_AGENT_REMOVED", undefined]);
    assert(lost.unreachable_time.nanoseconds > 0);
    await scheduler.until(() => scheduler.events.find(({ type, failure }) => type === "FAILURE" && failure.agent_id), "FAILURE");
    await scheduler.call("RECONCILE", { tasks: [{ task_id: lost.task_id, agent_id: lost.agent_id }] });
    const answer = await scheduler.until(
      () => scheduler.updates("long").find(({ reason }) => reason === "REASON_RECONCILIATION"),
      "an answer",
    );
    assert.equal(answer.state, "TASK_UNREACHABLE");
    const before = scheduler.updates("long").length;
    agents[0]!.resume();
    const back = await scheduler.update("long", "TASK_RUNNING", before);
    assert.deepEqual([back.source, back.reason, back.uuid], ["SOURCE_MASTER", "REASON_AGENT_REREGISTERED", undefined]);
  });

  test(`${name} says GONE_BY_OPERATOR of an agent that an operator gives up`, async (t) => {
    const scheduler = await open(t);
    await scheduler.acknowledge(await launchLong(scheduler, agents[1]!.id));
    await mesos.operate({ type: "MARK_AGENT_GONE", mark_agent_gone: { agent_id: { value: agents[1]!.id } } });
    const gone = await scheduler.update("long", "TASK_GONE_BY_OPERATOR");
    assert.deepEqual([gone.source, gone.reason, gone.uuid], ["SOURCE_MASTER", "REASON_AGENT_REMOVED_BY_OPERATOR", undefined]);
  });
}
