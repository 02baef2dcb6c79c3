import assert from "node:assert/strict";
import { test } from "node:test";
import { openApp } from "../../support/open-app.ts";

const query = { dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } } };
const host = "127.0.0.1:8000";
const call = "/functions/spectrum?dataset=events&value=MET.pt";

test("pages of other sites start nothing: no form, no beacon, no picture; whoever is no browser, and the page, do", async (t) => {
  const app = await openApp(t);
  const ask = async (path: string, method: string, headers: Readonly<Record<string, string>>) => {
    const body = method === "POST" ? { body: JSON.stringify(query) } : {};
    return (await app.request(path, { method, ...body, headers: { host, ...headers } })).status;
  };
  for (const foreign of [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:9000" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe", "sec-fetch-user": "?1" },
    { referer: "http://evil.example/page" },
  ]) {
    assert.equal(await ask("/queries", "POST", foreign), 403, JSON.stringify(foreign));
    assert.equal(await ask("/queries/explain", "POST", foreign), 403);
    assert.equal(await ask(call, "GET", foreign), 403);
    assert.equal(await ask(`/queries/${"0".repeat(64)}`, "DELETE", foreign), 403);
  }
  assert.equal(app.computed.length, 0);
  for (const own of [{}, { origin: `http://${host}` }, { "sec-fetch-site": "same-origin" }, { referer: `http://${host}/` }])
    assert.ok((await ask("/queries", "POST", own)) < 300, JSON.stringify(own));
  assert.equal(await ask(call, "GET", { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }), 200);
});

test("a link that somebody follows may compute, and what is there may be shown elsewhere", async (t) => {
  const app = await openApp(t);
  const link = { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1" };
  assert.equal((await app.request(call, { headers: link })).status, 200);
  const { id } = await app.ask(query);
  const picture = { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
  assert.equal((await app.request(`/queries/${id}?format=svg`, { headers: picture })).status, 200);
});
