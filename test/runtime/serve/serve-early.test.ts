import assert from "node:assert/strict";
import { test } from "node:test";
import { createAssets } from "../../../runtime/serve/assets.ts";
import { serveEarly } from "../../../runtime/serve/serve-early.ts";

const get = (path: string) => new Request(`http://localhost${path}`);
const opened = () => new Response("opened");

test("serveEarly answers the page and its files before the services are there, and lets everything else wait for them", async () => {
  const early = serveEarly({ servesPage: true, assets: createAssets() });
  const page = await early.handler(get("/"), {});
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<title>Femtoq<\/title>/);
  assert.equal((await early.handler(get("/assets/page/browser/page.css"), {})).status, 200);
  let answered = false;
  const waiting = Promise.resolve(early.handler(get("/datasets"), {})).then((response) => {
    answered = true;
    return response.text();
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answered, false);
  early.handOver(opened);
  assert.equal(await waiting, "opened");
  assert.equal(await (await early.handler(get("/"), {})).text(), "opened");
});

test("serveEarly has no page where the process only computes", async () => {
  const early = serveEarly({ servesPage: false, assets: createAssets() });
  const waiting = early.handler(get("/"), {});
  early.handOver(opened);
  assert.equal(await (await waiting).text(), "opened");
});
