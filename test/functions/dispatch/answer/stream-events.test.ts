import assert from "node:assert/strict";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import type { Status } from "../../../../functions/api.ts";
import { createApp } from "../../../../functions/app.ts";
import { serve } from "../../../../runtime/serve/serve.ts";
import { openApp } from "../../../support/open-app.ts";

const query = { dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } } };

/** Opens a served app with a query that has ended; returns what it sends until the connection is closed. */
async function open(t: TestContext) {
  const app = await openApp(t);
  const { id } = await app.ask(query);
  const functions = createApp(app.services);
  const listening = await serve((request, environment) => functions.fetch(request, environment), { host: "127.0.0.1", port: 0 });
  t.after(() => listening.close(0));
  const ask = (head: string) =>
    new Promise<string>((resolve, reject) => {
      let said = "";
      const socket = connect(listening.port, "127.0.0.1", () => socket.write(`${head.replace("ID", id)}\r\nHost: 127.0.0.1\r\n\r\n`));
      socket.setEncoding("utf8").on("data", (piece: string) => {
        said += piece;
      });
      socket.on("error", reject).on("close", () => resolve(said));
    });
  return { app, ask };
}

test("an event stream to HTTP/1.0 has no chunks and ends with the connection", async (t) => {
  const { ask } = await open(t);
  const said = await ask("GET /queries/ID/events HTTP/1.0");
  const [head, body] = said.split("\r\n\r\n") as [string, string];
  assert.match(head, /^HTTP\/1\.[01] 200 OK/);
  assert.doesNotMatch(head, /transfer-encoding|keep-alive/i);
  assert.match(body, /^event: done\ndata: \{/);
  assert.match(body, /\n\n$/);
});

test("an event stream ends the connection where the client asks for that, with and without a body", async (t) => {
  const { ask } = await open(t);
  const got = await ask("GET /queries/ID/events HTTP/1.1\r\nConnection: close");
  assert.match(got, /transfer-encoding: chunked/i);
  assert.match(got, /\r\nconnection: close/i);
  assert.match(got, /event: done/);
  const head = await ask("HEAD /queries/ID/events HTTP/1.1\r\nConnection: close");
  assert.match(head, /^HTTP\/1\.1 200 OK[\s\S]*content-type: text\/event-stream/i);
  assert.match(head, /\r\n\r\n$/, "no body");
});

test("a query that waits says why this server is not ready, and no more when it is", async (t) => {
  const app = await openApp(t);
  const reasons = ["the store takes no writes: No space left on device"];
  const functions = createApp({ ...app.services, notReady: () => reasons });
  app.gate.close();
  const post = async () => {
    const answer = await functions.request("/queries", { method: "POST", body: JSON.stringify(query) });
    return ((await answer.json()) as Status).note;
  };
  assert.equal(await post(), "the store takes no writes: No space left on device");
  reasons.length = 0;
  assert.equal(await post(), undefined);
  app.gate.open();
});
