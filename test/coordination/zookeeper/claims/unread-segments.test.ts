import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryEntry, SubtaskEntry } from "../../../../coordination/zookeeper/claims/entries.ts";
import { UnreadSegments } from "../../../../coordination/zookeeper/claims/unread-segments.ts";
import { encodeSegment, parseSegment } from "../../../../coordination/zookeeper/znodes/encoding.ts";
import type { ZooKeeper } from "../../../../coordination/zookeeper/zookeeper.ts";
import { makeSubtasks } from "../../../contracts/subtasks.ts";

const zookeeper = { lost: new AbortController().signal } as ZooKeeper;
const known = { segment: parseSegment(encodeSegment(makeSubtasks(1)))!, order: 0 };

function makeQuery(name: string, { priority, sequence }: { readonly priority: number; readonly sequence: number }): QueryEntry {
  return new QueryEntry(name, [{ name, priority, query: name, holder: "alice", client: "alice", sequence }]);
}

/** The segments came with the news of their queries, so nothing is read from a server. */
function fill(unread: UnreadSegments, query: QueryEntry, count: number): void {
  for (let index = 0; index < count; index++) unread.add({ query, name: `program.${`${index}`.padStart(10, "0")}`, known });
}

async function takeAll(unread: UnreadSegments): Promise<string> {
  const taken: string[] = [];
  for (let next = await unread.take(); next !== undefined; next = await unread.take()) {
    assert.equal(next.read, known);
    const [subtask] = known.segment.subtasks;
    next.query.entries.add(new SubtaskEntry(`${taken.length}`, subtask!, 0));
    taken.push(next.query.hash);
  }
  return taken.join(" ");
}

test("UnreadSegments gives the best priority first, of it the queries that nothing was read of, then first come", async () => {
  const unread = new UnreadSegments(zookeeper, { isUrgent: () => true });
  fill(unread, makeQuery("late", { priority: 900, sequence: 0 }), 2);
  fill(unread, makeQuery("long", { priority: 500, sequence: 1 }), 3);
  fill(unread, makeQuery("short", { priority: 500, sequence: 2 }), 1);
  fill(unread, makeQuery("urgent", { priority: 100, sequence: 3 }), 2);
  assert.equal(await takeAll(unread), "urgent urgent long short long long late late");
});

test("UnreadSegments does not make a query of which nothing was read wait, where nothing is urgent", async () => {
  let asked = 0;
  const isUrgent = () => {
    asked++;
    return false;
  };
  const unread = new UnreadSegments(zookeeper, { isUrgent });
  for (let index = 0; index < 50; index++) fill(unread, makeQuery(`${index}`, { priority: 500, sequence: index }), 1);
  assert.equal(await takeAll(unread), Array.from({ length: 50 }, (_, index) => index).join(" "));
  assert.equal(asked, 0);
});

test("UnreadSegments reads on, though slowly, where nothing is urgent, and drops what no client is interested in", async () => {
  const unread = new UnreadSegments(zookeeper, { isUrgent: () => false });
  const dropped = makeQuery("dropped", { priority: 100, sequence: 0 });
  fill(unread, dropped, 2);
  fill(unread, makeQuery("kept", { priority: 500, sequence: 1 }), 2);
  unread.drop(dropped);
  assert.equal(await takeAll(unread), "kept kept");
  assert.equal(unread.size, 0);
});
