import assert from "node:assert/strict";
import { test } from "node:test";
import type { Constraint, WantedTask } from "../../../../runtime/mesos/scheduler/wanted-task.ts";
import { whyPending } from "../../../../runtime/mesos/scheduler/why-pending.ts";
import { callsOf, idsOf, job, launched, offer, Played, scalar, status } from "./cluster.ts";

test("offers: two offers launch each job once, each on the agent that was offered", () => {
  const played = Played.subscribed();
  played.want(job("1"), job("2"));
  const effects = played.offer(offer("a", { cpus: 1 }), offer("b", { cpus: 1 }));
  assert.deepEqual(
    launched(effects).map(({ id, agentId }) => [id, agentId]),
    [
      ["1.1", "a"],
      ["2.1", "b"],
    ],
  );
});

test("offers: a task asks for what it was given to ask for", () => {
  const played = Played.subscribed();
  played.want(job("1", { resources: { cpus: 1.5, mem: 300, disk: 10 } }));
  const [info] = launched(played.offer(offer("a", { resources: [scalar("cpus", 8), scalar("mem", 8000), scalar("disk", 100)] })));
  assert.deepEqual(info!.resources, [scalar("cpus", 1.5), scalar("mem", 300), scalar("disk", 10)]);
});

test("offers: what does not fit is not launched, and its offer is declined at once with all others", () => {
  const played = Played.subscribed();
  played.want(job("1", { resources: { cpus: 8, mem: 128 } }));
  const given = [offer("a"), offer("b", { mem: 1 }), offer("c")];
  const effects = played.offer(...given);
  assert.deepEqual(launched(effects), []);
  assert.deepEqual(
    callsOf(effects, "decline").flatMap(({ offerIds }) => offerIds),
    given.map(({ id }) => id),
  );
});

test("offers: one offer takes as many tasks as fit, counted in thousandths without drift", () => {
  const played = Played.subscribed();
  played.want(...Array.from({ length: 12 }, (_, index) => job(String(index), { resources: { cpus: 0.1, mem: 100 } })));
  const effects = played.offer(offer("a", { cpus: 1, mem: 2000 }));
  assert.equal(launched(effects).length, 10);
  assert.equal(played.state.pending.size, 2);
});

test("offers: without work they are suppressed once, and revived when work comes, also where they were only refused", () => {
  const played = new Played();
  assert.equal(callsOf(played.subscribe(), "suppress").length, 1);
  assert.equal(callsOf(played.pass(5_000), "suppress").length, 0);
  assert.equal(callsOf(played.want(job("1", { resources: { cpus: 9, mem: 1 } })), "revive").length, 1);
  const [decline] = callsOf(played.offer(offer("a")), "decline");
  assert.equal(decline!.refuseSeconds, 5);
  played.pass(1_000);
  assert.equal(callsOf(played.want(job("2")), "revive").length, 1);
  assert.equal(callsOf(played.offer(offer("a")), "suppress").length, 0);
});

test("offers: many wants in a row revive at most once a second", () => {
  const played = Played.subscribed();
  const revives = Array.from({ length: 50 }, (_, index) => callsOf(played.want(job(String(index))), "revive").length);
  assert.equal(
    revives.reduce((a, b) => a + b),
    1,
  );
  assert.equal(callsOf(played.pass(1_500), "revive").length, 1);
});

test("offers: the executor's own resources are counted once on each agent", () => {
  const run = { kind: "executor", id: "e", command: { value: "run" }, resources: { cpus: 1, mem: 100 } } as const;
  const played = Played.subscribed();
  played.want(...["1", "2", "3", "4"].map((id) => job(id, { run })));
  const effects = played.offer(offer("a", { cpus: 3 }));
  assert.deepEqual(idsOf(launched(effects)), ["1.1", "2.1"]);
  const executorId = played.task("1").placement!.executorId!;
  assert.deepEqual(idsOf(launched(played.offer(offer("a", { cpus: 1, executorIds: [executorId] })))), ["3.1"]);
  assert.deepEqual(launched(played.offer(offer("b", { cpus: 1 }))), [], "a new executor needs its own");
});

test("offers: executors of one name that differ in anything have different ids, and equal ones the same", () => {
  const run = (value: string) => ({ kind: "executor", id: "e", command: { value } }) as const;
  const played = Played.subscribed();
  played.want(job("1", { run: run("old") }), job("2", { run: run("old") }), job("3", { run: run("new") }));
  const [first, second, third] = launched(played.offer(offer("a"))).map(({ executor }) => executor!.id);
  assert.equal(first, second);
  assert.notEqual(first, third);
});

test("offers: reserved and revocable resources are left alone", () => {
  const played = Played.subscribed();
  played.want(job("1", { resources: { cpus: 2, mem: 128 } }));
  const resources = [scalar("cpus", 1), scalar("cpus", 8, false), scalar("mem", 4096)];
  assert.deepEqual(launched(played.offer(offer("a", { resources }))), []);
});

test("offers: ports are taken from what is offered, no port twice, and a command finds them in its environment", () => {
  const played = Played.subscribed();
  const resources = { cpus: 1, mem: 128, ports: 2 };
  played.want(job("1", { resources }), job("2", { resources }), job("3", { resources }));
  const ports = {
    kind: "ranges",
    name: "ports",
    isPlain: true,
    ranges: [
      { begin: 31000, end: 31002 },
      { begin: 31010, end: 31011 },
    ],
  } as const;
  const infos = launched(played.offer(offer("a", { resources: [scalar("cpus", 8), scalar("mem", 4096), ports] })));
  assert.deepEqual(idsOf(infos), ["1.1", "2.1"]);
  assert.deepEqual(
    infos.map(({ command }) => command!.environment),
    [
      { PORT0: "31000", PORT1: "31001" },
      { PORT0: "31002", PORT1: "31010" },
    ],
  );
});

const rack = (text: string) => ({ attributes: [{ kind: "text", name: "rack", text }] }) as const;

for (const [constraint, expected] of [
  [{ attribute: "rack", is: "r1" }, ["a"]],
  [{ attribute: "rack", isNot: "r1" }, ["b", "c"]],
  [{ attribute: "rack", like: "r." }, ["a", "b"]],
  [{ attribute: "rack", like: "r" }, []],
  [{ attribute: "rack", unlike: "r1|r3" }, ["b", "c"]],
  [{ attribute: "hostname", is: "c.example" }, ["c"]],
] satisfies [Constraint, string[]][]) {
  test(`offers: the constraint ${JSON.stringify(constraint)} is heeded`, () => {
    const played = Played.subscribed();
    played.want(...["1", "2", "3"].map((id) => job(id, { constraints: [constraint] })));
    const effects = played.offer(offer("a", { cpus: 1, ...rack("r1") }), offer("b", { cpus: 1, ...rack("r2") }), offer("c", { cpus: 1 }));
    assert.deepEqual(
      launched(effects).map(({ agentId }) => agentId),
      expected,
    );
  });
}

test("offers: at most so many of a group share an attribute, counting those that run already", () => {
  const most = (id: string): WantedTask => job(id, { group: "g", constraints: [{ attribute: "rack", most: 1 }] });
  const played = Played.subscribed();
  played.want(most("1"), most("2"), most("3"));
  const agents = () => [offer("a", rack("r1")), offer("b", rack("r1")), offer("c", rack("r2"))];
  assert.deepEqual(
    launched(played.offer(...agents())).map(({ agentId }) => agentId),
    ["a", "c"],
  );
  assert.deepEqual(launched(played.offer(...agents())), []);
  assert.match(whyPending(played.state, "3", played.now)!, /as many of its group as may be/);
});

test("offers: a preferred agent goes first, then one with fewer tasks of the group", () => {
  const played = Played.subscribed();
  played.want(job("1", { preferredAgents: ["b.example"], group: "g" }), job("2", { group: "g" }), job("3", { group: "g" }));
  played.offer(offer("a"), offer("b"), offer("c"));
  assert.deepEqual(
    ["1", "2", "3"].map((id) => played.task(id).placement!.agentId),
    ["b", "a", "c"],
  );
});

test("offers: nothing new on an agent that is soon to be taken away, and inverse offers are accepted", () => {
  const played = Played.subscribed();
  played.want(job("1"));
  const soon = BigInt(played.now + 60_000) * 1_000_000n;
  const far = BigInt(played.now + 5 * 3_600_000) * 1_000_000n;
  assert.deepEqual(launched(played.offer(offer("a", { unavailability: { start: soon } }))), []);
  assert.match(whyPending(played.state, "1", played.now)!, /maintenance/);
  assert.deepEqual(idsOf(launched(played.offer(offer("a", { unavailability: { start: far } })))), ["1.1"]);
  played.want(job("2"));
  const effects = played.on({ kind: "inverse-offers", offers: [{ id: "i", agentId: "a", unavailability: { start: soon } }] });
  assert.deepEqual(callsOf(effects, "accept-inverse-offers")[0]!.offerIds, ["i"]);
  // An agent without recent offers may also run tasks.
  played.on({ kind: "inverse-offers", offers: [{ id: "j", agentId: "unseen", unavailability: { start: soon } }] });
  const leaving = () => [...played.state.maintenance].map(([agentId, { start }]) => [agentId, start - played.now]);
  assert.deepEqual(leaving(), [
    ["a", 60_000],
    ["unseen", 60_000],
  ]);
  played.on({ kind: "rescind-inverse-offer", offerId: "j" });
  assert.deepEqual(leaving(), [["a", 60_000]]);
  played.offer(offer("a"));
  assert.deepEqual(leaving(), []);
});

test("offers: maintenance that no inverse offer tells of again was called off", () => {
  const played = Played.subscribed();
  const start = BigInt(played.now + 3_600_000) * 1_000_000n;
  const tell = (id: string) => played.on({ kind: "inverse-offers", offers: [{ id, agentId: "a", unavailability: { start } }] });
  tell("i");
  played.pass(50_000);
  tell("j");
  played.pass(50_000);
  assert.deepEqual([...played.state.maintenance.keys()], ["a"]);
  played.on({ kind: "disconnected", reason: "the connection broke" });
  played.pass(50_000);
  assert.deepEqual([...played.state.maintenance.keys()], ["a"]);
  played.subscribe();
  tell("k");
  played.pass(70_000);
  assert.deepEqual([...played.state.maintenance.keys()], []);
});

test("offers: an agent where launches fail again and again is avoided for a while, but never all agents", () => {
  const played = Played.subscribed();
  const failOn = (agentId: string, id: string) => {
    played.want(job(id, { attempts: 1 }));
    played.launch(id, agentId);
    played.on(status(`${id}.1`, "TASK_FAILED", { agentId }));
  };
  played.offer(offer("a"), offer("b"));
  for (const id of ["1", "2", "3"]) failOn("a", id);
  played.want(job("4"));
  assert.deepEqual(launched(played.offer(offer("a"))), []);
  assert.match(whyPending({ ...played.state, agents: new Map([...played.state.agents].slice(0, 1)) }, "4", played.now)!, /avoided/);
  assert.deepEqual(idsOf(launched(played.offer(offer("b")))), ["4.1"]);
  for (const id of ["5", "6", "7"]) failOn("b", id);
  played.want(job("8"));
  assert.deepEqual(idsOf(launched(played.offer(offer("b")))), ["8.1"], "the last agent is used");
  played.want(job("9"));
  played.pass(61_000);
  assert.deepEqual(idsOf(launched(played.offer(offer("a")))), ["9.1"]);
});

test("whyPending: it says what is missing, and what the biggest offer had", () => {
  const played = new Played();
  played.want(job("1", { resources: { cpus: 2, mem: 4096 } }), job("2", { constraints: [{ attribute: "rack", is: "r9" }] }));
  assert.match(whyPending(played.state, "1", played.now)!, /no connection with a master/);
  played.subscribe();
  assert.equal(whyPending(played.state, "1", played.now), "no offer yet; it needs 2 cpus and 4096 MB");
  played.offer(offer("a", { cpus: 1, mem: 2048 }));
  assert.equal(whyPending(played.state, "1", played.now), "no offer with 2 cpus and 4096 MB; the biggest had 1 cpus and 2048 MB");
  assert.equal(whyPending(played.state, "2", played.now), "no offer from an agent of which rack is r9");
});
