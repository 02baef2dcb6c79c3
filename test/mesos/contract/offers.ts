import assert from "node:assert/strict";
import { test } from "node:test";
import { commandTask, framework, RawScheduler, scalar } from "./raw-scheduler.ts";
import type { TestedMesos } from "./tested-mesos.ts";

/** Milliseconds, of which the allocator looks in each 50: an offer that is to come has come, as a rule. Where it is late, a test passes that should not. */
const longest = 400;
const pass = () => new Promise((resolve) => setTimeout(resolve, longest));

export function testOffers({ name, url, agents }: TestedMesos): void {
  const open = async (t: { after(action: () => unknown): void }, more?: object) => {
    const scheduler = new RawScheduler(url);
    await scheduler.subscribe(more);
    t.after(() => scheduler.call("TEARDOWN"));
    return scheduler;
  };
  const amount = (offer: { resources: { name: string; scalar?: { value: number } }[] }, wanted: string) =>
    offer.resources.filter(({ name }) => name === wanted).reduce((sum, { scalar }) => sum + scalar!.value, 0);

  test(`${name} offers all that an agent has, to one framework at a time`, async (t) => {
    const first = await open(t);
    const offers = await Promise.all(agents.map(({ id }) => first.offer(id)));
    for (const offer of offers) {
      assert.deepEqual([amount(offer, "cpus"), amount(offer, "mem")], [2, 1024]);
      assert.equal(offer.framework_id.value, first.id);
      assert.equal(offer.allocation_info.role, "*");
      assert.deepEqual([offer.url.scheme, offer.url.address.hostname, offer.url.path], ["http", offer.hostname, "/slave(1)"]);
    }
    assert.equal(new Set(offers.map(({ id }) => id.value)).size, 2);
    const second = await open(t);
    await pass();
    assert.equal(second.offers.length, 0);
  });

  test(`${name} offers again what was declined after the filter's time, or when it is asked to`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[0]!.id);
    await scheduler.call("DECLINE", { offer_ids: [offer.id], filters: { refuse_seconds: 0 } });
    const again = await scheduler.offer(agents[0]!.id, scheduler.offers.indexOf(offer) + 1);
    assert.notEqual(again.id.value, offer.id.value);
    await scheduler.call("DECLINE", { offer_ids: [again.id], filters: { refuse_seconds: 10_000 } });
    const before = scheduler.offers.length;
    await pass();
    assert.equal(scheduler.offers.length, before);
    await scheduler.call("REVIVE");
    await scheduler.offer(agents[0]!.id, before);
  });

  test(`${name} offers nothing to a role that is suppressed until it is revived`, async (t) => {
    const scheduler = await open(t, { suppressed_roles: ["*"] });
    await pass();
    assert.equal(scheduler.offers.length, 0);
    await scheduler.call("REVIVE");
    const offers = await Promise.all(agents.map(({ id }) => scheduler.offer(id)));
    await scheduler.call("SUPPRESS");
    await scheduler.call("DECLINE", { offer_ids: offers.map(({ id }) => id), filters: { refuse_seconds: 0 } });
    await pass();
    assert.equal(scheduler.offers.length, 2);
  });

  test(`${name} answers a launch on an offer that is used, or none, by TASK_DROPPED`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer();
    await scheduler.call("DECLINE", { offer_ids: [offer.id] });
    for (const [task, ids] of [
      ["used", [offer.id]],
      ["unknown", [{ value: "nothing" }]],
      ["none", []],
    ] as const) {
      const operations = [{ type: "LAUNCH", launch: { task_infos: [commandTask(offer, task, "true")] } }];
      assert.equal((await scheduler.call("ACCEPT", { offer_ids: ids, operations })).status, 202);
      const status = await scheduler.update(task, "TASK_DROPPED");
      assert.deepEqual([status.source, status.reason, status.uuid], ["SOURCE_MASTER", "REASON_INVALID_OFFERS", undefined]);
    }
  });

  test(`${name} says TASK_LOST to frameworks that know no partitions`, async (t) => {
    const scheduler = new RawScheduler(url, framework({ capabilities: [{ type: "MULTI_ROLE" }] }));
    await scheduler.subscribe();
    t.after(() => scheduler.call("TEARDOWN"));
    const offer = await scheduler.offer();
    await scheduler.call("DECLINE", { offer_ids: [offer.id] });
    await scheduler.launch(offer, [commandTask(offer, "late", "true")]);
    assert.equal((await scheduler.update("late", "TASK_LOST")).reason, "REASON_INVALID_OFFERS");
  });

  test(`${name} takes several offers of an agent together, and gives back what is left of them`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[0]!.id);
    await scheduler.launch(offer, [commandTask(offer, "small", "sleep 100", { resources: [scalar("cpus", 1), scalar("mem", 64)] })], {
      refuse_seconds: 0,
    });
    const rest = await scheduler.offer(agents[0]!.id, scheduler.offers.indexOf(offer) + 1);
    assert.deepEqual([amount(rest, "cpus"), amount(rest, "mem")], [1, 960]);
    await scheduler.acknowledge(await scheduler.update("small", "TASK_RUNNING"));
    const known = scheduler.offers.length;
    await scheduler.call("KILL", { task_id: { value: "small" } });
    await scheduler.update("small", "TASK_KILLED");
    const next = await scheduler.offer(agents[0]!.id, known);
    assert.deepEqual([amount(next, "cpus"), amount(next, "mem")], [1, 64]);
    await scheduler.call("ACCEPT", { offer_ids: [rest.id, next.id], operations: [], filters: { refuse_seconds: 0 } });
    await scheduler.until(() => scheduler.offers.slice(known + 1).find((each) => amount(each, "cpus") === 2), "the whole agent");
  });
}
