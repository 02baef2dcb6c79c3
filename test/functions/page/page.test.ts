import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import type { Environment } from "../../../functions/environment.ts";
import { packageUrl, pagePackages } from "../../../functions/page/allowed-files.ts";
import { page } from "../../../functions/page/page.ts";
import type { Assets, Services } from "../../../functions/services.ts";
import { createAssets } from "../../../runtime/serve/assets.ts";

function serve(assets: Assets = createAssets()) {
  const app = new Hono<Environment>();
  app.use(async (c, next) => {
    c.set("services", { assets } as Services);
    await next();
  });
  app.route("/", page);
  return (path: string, headers: Readonly<Record<string, string>> = {}) => app.request(path, { headers: { ...headers } });
}

const importsOf = (source: string) => [...source.matchAll(/^(?:import|export)\b[^;"']*?from\s*["']([^"']+)["']/gm)].map(([, name]) => name);

test("GET / is admitted only what this server sends: scripts by origin, the import map by its hash, styles by a fresh nonce", async () => {
  const get = serve();
  const answer = await get("/");
  const html = await answer.text();
  const policy = answer.headers.get("content-security-policy") ?? "";
  const importMap = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)![1];
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(importMap))).toString("base64");
  assert.match(policy, /default-src 'none'/);
  assert.ok(policy.includes(`script-src 'self' 'sha256-${hash}'`), policy);
  assert.doesNotMatch(policy, /unsafe/);
  const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(policy)![1];
  assert.ok(html.includes(`nonce="${nonce}"`));
  assert.notEqual((await get("/")).headers.get("content-security-policy"), policy, "the nonce is another each time");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
});

test("the page has no inline script but its import map, no inline style and nothing of another origin", async () => {
  const html = await (await serve()("/")).text();
  assert.deepEqual(
    [...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>/g)].map(([tag]) => tag),
    ['<script type="importmap">'],
  );
  assert.doesNotMatch(html, /\sstyle=|\son\w+=|<style/);
  assert.doesNotMatch(html, /(?:src|href)="(?!\/|#)/);
});

test("every module that the page loads, and what those import, is served as JavaScript", async () => {
  const get = serve();
  const seen = new Set<string>();
  const queue = ["/assets/page/browser/main.js"];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const answer = await get(path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get("content-type"), "text/javascript; charset=utf-8", path);
    for (const name of importsOf(await answer.text())) {
      if (name.startsWith(".")) queue.push(new URL(name, `http://server${path}`).pathname);
      else {
        assert.ok(Object.hasOwn(pagePackages, name), `${path} imports ${name}, which the page may not load`);
        queue.push(packageUrl(name));
      }
    }
  }
  const unused = Object.keys(pagePackages).filter((name) => !seen.has(packageUrl(name)));
  assert.deepEqual(unused, [], "nothing is allowed that is not used");
});

test("styles, the icon and the examples that the page names are served with their types", async () => {
  const get = serve();
  const html = await (await get("/")).text();
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(files.some((path) => path.endsWith(".css")));
  for (const path of [...files, "/assets/examples/dimuon-mass.json", "/assets/examples/z-peak.json", "/assets/examples/jets-met.json"]) {
    assert.equal((await get(path)).status, 200, path);
  }
  assert.equal((await get("/assets/page/browser/page.css")).headers.get("content-type"), "text/css; charset=utf-8");
});

for (const path of [
  "/assets/../package.json",
  "/assets/%2e%2e/package.json",
  "/assets/page/browser/../page.ts",
  "/assets/page/browser/..%2f..%2f..%2fpackage.json",
  "/assets/page/browser/%2e%2e%2fpage.ts",
  "/assets/packages/..%2f..%2fpackage.json.js",
  "/assets/packages/hono.js",
  "/assets/page/page.ts",
  "/assets/page/browser/",
  "/assets/examples/..\\package.json",
  "/assets/__proto__",
  "/assets/page/browser/main.js%00.css",
]) {
  test(`what is not on the list is not served: ${path}`, async () => {
    assert.equal((await serve()(path)).status, 404);
  });
}

test("an asset that the browser holds is not sent again, compressed or not", async () => {
  const get = serve();
  const path = "/assets/page/browser/main.js";
  const tag = (await get(path)).headers.get("etag")!;
  const again = await get(path, { "if-none-match": `"other", ${tag}`, "accept-encoding": "gzip" });
  assert.deepEqual([again.status, await again.text(), again.headers.get("etag")], [304, "", tag]);
  assert.equal((await get(path, { "if-none-match": '"other"' })).status, 200);
});

test("an asset is compressed for who accepts it, and is the same when unpacked", async () => {
  const get = serve();
  const plain = await (await get(packageUrl("echarts"))).arrayBuffer();
  const packed = await get(packageUrl("echarts"), { "accept-encoding": "br, gzip" });
  assert.equal(packed.headers.get("content-encoding"), "gzip");
  const body = await packed.arrayBuffer();
  assert.ok(body.byteLength < plain.byteLength / 2);
  const unpacked = await new Response(new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  assert.ok(Buffer.from(unpacked).equals(Buffer.from(plain)));
});
