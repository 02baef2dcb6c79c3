/** Makes requests at random: right ones, wrong ones, and bytes that are no request at all. */
import type { Seeded } from "../../support/seeded.ts";
import { babble, breakText } from "../expressions/break-text.ts";

export interface FuzzRequest {
  /** The bytes that are sent over a connection of their own. */
  readonly bytes: string;
  /** The connection is given up after the bytes; else the answer is read. */
  readonly goesAway: boolean;
}

const methods = "GET GET GET POST POST POST POST DELETE HEAD PUT PATCH OPTIONS TRACE QUERY BREW get POSTT".split(" ");
const paths =
  "/queries /queries /queries /queries /queries/explain /queries/explain /queries/ID /queries/ID /queries/ID/events /queries/ID/retry /datasets /datasets/events /datasets/none /functions /functions/spectrum /functions/dimuon-mass /compute /nodes /healthz /readyz /metrics / /assets/page/browser/main.js /assets/x /queries/x/y/z //queries /%2e%2e/%00 /queries/%ff%fe /../../etc/passwd /__proto__ /constructor * http://127.0.0.1/healthz ///".split(
    " ",
  );
const parameters =
  "format=svg format=csv format=uhi format=root format=json format=x histogram=h histogram=__proto__ limit=0 limit=1e9 limit=3 before=x state=done state=constructor name=%00%1b dataset=events value=MET.pt value=%28%28 bins=1e9 bins=10 lower=NaN purge purge=1 ptMin=3 format format=json&format=svg x[]=1 %=% a=%u0000".split(
    " ",
  );
const headers = [
  "Femtoq-Client: a",
  "Femtoq-Client: b.c:d@e",
  "Femtoq-Client: \u00e4\u0001",
  `Femtoq-Client: ${"x".repeat(300)}`,
  "Prefer: wait=0.05",
  "Prefer: wait=-1",
  "Prefer: wait=1e9, respond-async",
  "Prefer: wait",
  "Accept: image/svg+xml",
  "Accept: text/csv;q=0.5, */*",
  "Accept: ,;=,,",
  "Content-Encoding: gzip",
  "Content-Encoding: br",
  "X-Request-Id: \u001b[2J",
  "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "traceparent: xx",
  "Origin: http://evil.example",
  "Origin: null",
  "Sec-Fetch-Site: cross-site",
  "Referer: ::",
  "X-Forwarded-For: 1.2.3.4, , x",
  'If-None-Match: *, "x"',
  "Range: bytes=0-1",
  "Expect: 100-continue",
  "Upgrade: websocket",
  "Connection: upgrade",
  "TE: trailers",
  "Content-Type: application/json; charset=utf-7",
  "Content-Type: multipart/form-data",
  "Authorization: Bearer x",
  "Cookie: a=b",
  `X-Long: ${"y".repeat(10_000)}`,
];
const hosts = "localhost:1 [::1] 127.0.0.256 evil.example [ a@b 127.0.0.1/x".split(" ");
const expressions = [
  "MET.pt",
  "Muon.pt",
  "Muon.pairs().map((a, b) => (a + b).mass)",
  "Jet.filter(j => j.pt > 30).length",
  "MET.pt > 20",
  "genWeight",
];
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  0.5,
  "",
  "x",
  "\u0000\u001b[31m\ud800",
  "MET.pt",
  [],
  {},
  [[[]]],
  { type: "regular" },
  "y".repeat(3000),
  Array(300).fill("MET.pt"),
];
const names = [
  "dataset",
  "define",
  "filter",
  "histograms",
  "weight",
  "name",
  "priority",
  "axes",
  "storage",
  "sample",
  "label",
  "__proto__",
  "variations",
  "totals",
  "x",
];

/** `ids`: of queries that were asked before. */
export function makeRequest(random: Seeded, ids: readonly string[]): FuzzRequest {
  const body = random.chance(0.75) ? makeBody(random) : random.chance(0.5) ? "" : babble(random);
  const id = random.chance(0.8) && ids.length > 0 ? random.pick(ids) : random.pick(["0".repeat(64), "x", "%00", "é"]);
  const query = Array.from({ length: random.below(3) }, () => random.pick(parameters)).join("&");
  const path = random.pick(paths).replace("ID", id) + (query && `?${query}`);
  const length = random.chance(0.9) ? Buffer.byteLength(body) : random.pick([0, 1, body.length + 5, -1, 1e9, 2e6, "x"]);
  const framing = random.chance(0.1)
    ? ["Transfer-Encoding: chunked"]
    : body === "" && random.chance(0.5)
      ? []
      : [`Content-Length: ${length}`];
  const sent = framing[0]?.startsWith("T") ? `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
  const own = Array.from({ length: random.chance(0.5) ? 0 : random.below(4) }, () => random.pick(headers));
  const lines = [
    `${random.pick(methods)} ${path} HTTP/1.${random.chance(0.9) ? 1 : random.pick([0, 2, "x"])}`,
    `Host: ${random.chance(0.92) ? "127.0.0.1" : random.pick(hosts)}`,
    "Connection: close",
    ...own,
    ...framing,
  ];
  const bytes = `${lines.join("\r\n")}\r\n\r\n${sent}`;
  if (random.chance(0.85)) return { bytes, goesAway: false };
  if (random.chance(0.5)) return { bytes: bytes.slice(0, random.below(bytes.length)), goesAway: true };
  return { bytes: damage(bytes, random), goesAway: random.chance(0.5) };
}

/** A query, most often one with something wrong. */
function makeBody(random: Seeded): string {
  const kinds = [
    { type: "regular", bins: 1 + random.below(20), lower: 0, upper: 100 },
    { type: "regular", bins: 1 + random.below(20), lower: 0, upper: 100, circular: true },
    { type: "auto", bins: 2 + random.below(20) },
    { type: "integer", lower: -2, upper: random.below(20) },
    { type: "variable", edges: [0, 1 + random.below(20), 30] },
    {
      type: "category",
      categories: random.pick([
        [1, 2],
        ["a", "b"],
      ]),
    },
    { type: "boolean" },
  ];
  const axis = () => ({ ...random.pick(random.chance(0.5) ? kinds.slice(0, 1) : kinds), value: random.pick(expressions) });
  const axes = Array.from({ length: random.pick([0, 1, 1, 1, 1, 2, 3, 6]) }, axis);
  let query: unknown = {
    dataset: random.chance(0.95) ? "events" : "none",
    ...(random.chance(0.3) && { filter: [`MET.pt > ${random.below(50)}`] }),
    ...(random.chance(0.2) && { weight: "genWeight" }),
    ...(random.chance(0.1) && { priority: random.below(1200) }),
    histograms: { h: { axes, ...(random.chance(0.2) && { sample: random.pick(expressions) }) } },
  };
  for (let left = random.below(3); left > 0; left--) query = change(query, random);
  const text = JSON.stringify(query);
  return random.chance(0.2) ? breakText(text, random, expressions) : text;
}

/** Replaces, removes or adds something somewhere inside. */
function change(value: unknown, random: Seeded): unknown {
  if (random.chance(0.3)) return random.pick(values);
  if (typeof value === "string") return breakText(value, random, expressions);
  if (Array.isArray(value) && value.length > 0) return value.with(random.below(value.length), change(random.pick(value), random));
  if (typeof value !== "object" || value === null) return random.pick(values);
  const entries = Object.entries(value);
  if (entries.length === 0 || random.chance(0.15)) return Object.fromEntries([...entries, [random.pick(names), random.pick(values)]]);
  const at = random.below(entries.length);
  const [name, inner] = entries[at]!;
  return Object.fromEntries(random.chance(0.15) ? entries.toSpliced(at, 1) : entries.with(at, [name, change(inner, random)]));
}

/** Changes bytes, the ends of lines most of all. */
function damage(text: string, random: Seeded): string {
  const parts = text.split(/(\r\n)/);
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(parts.length);
    parts[at] = random.pick([
      "",
      "\n",
      "\r",
      "\u0000",
      ":",
      " ",
      "\r\n\r\n",
      parts[at]! + parts[at]!,
      parts[at]!.slice(1),
      `\u00ff${parts[at]}`,
    ]);
  }
  return parts.join("");
}
