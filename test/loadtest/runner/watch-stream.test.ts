import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { lagsOf, watchStream } from "../../../loadtest/runner/watch-stream.ts";

const seen = (id: string, ...sights: readonly (readonly [number, number])[]) => ({
  id,
  opened: 0,
  sights: sights.map(([at, done]) => ({ at, done })),
});

test("lagsOf is by how much later than the first of its query a watcher hears of a step", () => {
  const streams = [seen("a", [1, 0], [10, 5], [30, 9]), seen("a", [2, 0], [14, 5], [31, 9]), seen("b", [1, 0], [90, 5])];
  assert.deepEqual(
    lagsOf(streams).toSorted((x, y) => x - y),
    [1, 4],
  );
});

test("lagsOf takes no notice of what was counted before a stream was opened, nor of events without progress", () => {
  assert.deepEqual(lagsOf([seen("a", [1, 0], [10, 5]), seen("a", [500, 5], [600, 5])]), []);
});

/** A server of event streams that sends these events to everybody. */
async function serveEvents(write: (response: ServerResponse) => void): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    write(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const event = (done: number) => `event: progress\ndata: {"events":{"total":9,"done":${done}}}\n\n`;

for (const [counts, fault] of [
  [[0, 4, 4, 9], undefined],
  [[0, 5, 4], "a stream goes back from 5 events to 4"],
] as const) {
  test(`watchStream ${fault ? "finds that counts fall" : "sees every event"}`, async () => {
    const server = await serveEvents((response) => response.end(counts.map(event).join("")));
    try {
      let first = 0;
      const options = { id: "x", client: "c", signal: new AbortController().signal, onFirst: () => void first++ };
      const watched = await watchStream(server.url, options);
      assert.deepEqual(
        watched.sights.map(({ done }) => done),
        counts,
      );
      assert.equal(watched.fault, fault);
      assert.equal(first, 1);
    } finally {
      server.close();
    }
  });
}

test("watchStream calls a stream that its signal ended faultless, and one that breaks not", async () => {
  const server = await serveEvents((response) => response.write(event(1)));
  const stop = new AbortController();
  try {
    const watch = (signal: AbortSignal, onFirst: () => void) => watchStream(server.url, { id: "x", client: "c", signal, onFirst });
    assert.equal((await watch(stop.signal, () => stop.abort())).fault, undefined);
    const broken = await watch(new AbortController().signal, () => server.close());
    assert.match(broken.fault ?? "", /a stream broke/);
  } finally {
    server.close();
  }
});
