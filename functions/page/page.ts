/**
 * The page at `/` and the files that it loads. Guarantees: the page runs only code from this server, by its Content-Security-Policy; only files on the
 * list of allowed files are sent; a file that the browser has already is not sent again.
 */
import { Hono } from "hono";
import type { Services } from "../services.ts";
import { importMap } from "./allowed-files.ts";

/** The page only needs `assets`, so that it can be served before the other services are open. */
export type PageEnvironment = { Variables: { services: Pick<Services, "assets"> } };

export const page = new Hono<PageEnvironment>();

page.get("/", async (c) => {
  const nonce = base64(crypto.getRandomValues(new Uint8Array(16)));
  c.header("content-security-policy", await contentSecurityPolicy(nonce));
  c.header("x-content-type-options", "nosniff");
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-store");
  return c.html(renderDocument(nonce));
});

page.get("/assets/*", async (c) => {
  const asset = await c.var.services.assets(c.req.path);
  if (!asset) return c.notFound();
  const { etag, gzip } = await encodeAsset(asset);
  c.header("x-content-type-options", "nosniff");
  c.header("cache-control", "no-cache");
  c.header("vary", "accept-encoding");
  c.header("etag", etag);
  if (listsTag(c.req.header("if-none-match"), etag)) return c.body(null, 304);
  c.header("content-type", asset.type);
  if (!gzip || !/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return c.body(asset.body);
  c.header("content-encoding", "gzip");
  return c.body(gzip);
});

let importMapHash: Promise<string> | undefined;

async function contentSecurityPolicy(nonce: string): Promise<string> {
  importMapHash ??= crypto.subtle.digest("SHA-256", new TextEncoder().encode(importMap)).then((hash) => base64(new Uint8Array(hash)));
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${await importMapHash}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const listsTag = (header: string | undefined, etag: string) =>
  header?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag.replace(/^W\//, ""));

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

interface EncodedAsset {
  /** The tag is a weak one, since the same content may be sent compressed or not. */
  readonly etag: string;
  /** Absent if compressing saves less than a tenth. */
  readonly gzip?: Uint8Array<ArrayBuffer>;
}

/** Cached by body, which the assets keep; an entry goes away with its body. */
const encoded = new WeakMap<Uint8Array, Promise<EncodedAsset>>();

function encodeAsset(asset: { readonly body: Uint8Array<ArrayBuffer> }): Promise<EncodedAsset> {
  let result = encoded.get(asset.body);
  if (!result) {
    result = encode(asset.body);
    encoded.set(asset.body, result);
  }
  return result;
}

async function encode(body: Uint8Array<ArrayBuffer>): Promise<EncodedAsset> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const etag = `W/"${Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
  const compressed = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = new Uint8Array(await new Response(compressed).arrayBuffer());
  return gzip.length < 0.9 * body.length ? { etag, gzip } : { etag };
}

/**
 * The page's HTML: landmarks, and empty places that the page's modules fill. `nonce` admits the styles that the editor makes; scripts are admitted
 * by their origin, and the import map by its hash.
 */
const renderDocument = (nonce: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Histograms over collision events that fill in while you watch">
<title>Femtoq</title>
<link rel="icon" type="image/svg+xml" href="/assets/page/browser/icon.svg">
<link rel="stylesheet" href="/assets/page/browser/page.css">
<link rel="stylesheet" href="/assets/page/browser/datasets/column.css">
<link rel="stylesheet" href="/assets/page/browser/query/query.css">
<link rel="stylesheet" href="/assets/page/browser/result/result.css">
<link rel="stylesheet" href="/assets/page/browser/result/timing.css">
<script type="importmap">${importMap}</script>
<script type="module" src="/assets/page/browser/main.js" nonce="${nonce}"></script>
</head>
<body>
<a class="skip" href="#editor">Skip to the query</a>
<header class="masthead">
  <h1><img src="/assets/page/browser/icon.svg" alt="" width="28" height="28"> Femtoq</h1>
  <p>Ask collision events for histograms; watch them fill in.</p>
  <p id="connection" class="connection" role="status"></p>
</header>
<noscript><p class="notice">This page needs JavaScript. The same queries run by <code>femtoq query FILE</code> and by <code>POST /queries</code>.</p></noscript>
<main>
  <section id="browser" class="browser" aria-label="Datasets"></section>
  <section id="query" class="query" aria-label="Query"></section>
  <section id="result" class="result" aria-label="Result"></section>
</main>
<footer id="nodes" class="nodes"></footer>
</body>
</html>
`;
