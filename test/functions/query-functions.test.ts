import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem, Status } from "../../functions/api.ts";
import { openApp } from "../support/open-app.ts";

interface Listed {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, { readonly type: string; readonly default: unknown; readonly description: string }>>;
  readonly example: string;
}

test("GET /functions lists every function with its parameters and an example that works", async (t) => {
  const app = await openApp(t);
  const { functions } = (await (await app.request("/functions")).json()) as { functions: readonly Listed[] };
  assert.deepEqual(
    functions.map(({ name }) => name),
    ["dimuon-mass", "spectrum", "z-candidates"],
  );
  for (const { example, parameters, description } of functions) {
    assert.ok(description.length > 20);
    for (const each of Object.values(parameters)) assert.ok(each.description.length > 0);
    const answer = await app.request(`${example}&dataset=events`.replace("dataset=demo&", ""));
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.equal(((await answer.json()) as Status).state, "done");
  }
});

test("a function's parameters change its query: a cut on pt leaves the pairs that plain loops leave", async (t) => {
  const app = await openApp(t);
  const status = (await (
    await app.request("/functions/dimuon-mass?dataset=events&ptMin=30&lower=0.01&upper=1000000&bins=10")
  ).json()) as Status;
  let pairs = 0;
  for (const { Muon } of app.events) {
    const good = Muon.filter(({ pt }) => pt > 30);
    good.forEach((a, index) => {
      pairs += good.slice(index + 1).filter((b) => b.charge !== a.charge).length;
    });
  }
  assert.equal(status.histograms.mass.metadata?.entries, pairs);
});

test("a function answers as UHI, CSV or a picture, by Accept and by ?format=", async (t) => {
  const app = await openApp(t);
  const url = "/functions/spectrum?dataset=events&bins=20";
  const kinds = [
    ["image/svg+xml", "svg", /^<svg/],
    ["text/csv", "csv", /\n/],
    ["application/vnd.uhi+json", "uhi", /"uhi_schema":1/],
  ] as const;
  for (const [type, format, content] of kinds) {
    const accepted = await app.request(url, { headers: { accept: `${type}, */*;q=0.1` } });
    assert.ok(accepted.headers.get("content-type")!.startsWith(type));
    const text = await accepted.text();
    assert.match(text, content);
    assert.equal(await (await app.request(`${url}&format=${format}`)).text(), text);
  }
});

test("POST /functions/NAME takes parameters as JSON; wrong ones are named with what would be right", async (t) => {
  const app = await openApp(t);
  const post = (body: unknown) => app.request("/functions/spectrum", { method: "POST", body: JSON.stringify(body) });
  assert.equal((await post({ dataset: "events", bins: 5 })).status, 200);
  const problem = (await (await post({ dataset: "events", bins: 2.5, valu: "MET.pt" })).json()) as Problem;
  assert.deepEqual(problem.errors?.map(({ at }) => at).sort(), ["/bins", "/valu"]);
  assert.deepEqual(problem.errors?.find(({ at }) => at === "/valu")?.near, ["value"]);
  assert.match(problem.detail, /whole number from 1 to 100000/);
});
