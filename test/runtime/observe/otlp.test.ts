import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { createOtlpTracer, openTracer } from "../../../runtime/observe/otlp.ts";
import { openApp } from "../../support/open-app.ts";
import { recordingLog, silent } from "../silent-log.ts";

interface SpanJson {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/** Starts a collector that keeps what it receives. */
async function collect(t: TestContext, status = 200) {
  const spans: SpanJson[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const services = new Set<unknown>();
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      headers.push({ path: request.url, ...request.headers });
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        services.add(resource.attributes[0].value.stringValue);
        for (const cleanup of scopeSpans) spans.push(...cleanup.spans);
      }
      response.writeHead(status).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, headers, services };
}

const met = {
  dataset: "events",
  histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 200, value: "MET.pt" }] } },
};

describe("traces", () => {
  test("of a computed query tell of dispatch, queue, store and each partition's steps, as part of the caller's trace", async (t) => {
    const collector = await collect(t);
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b",
      OTEL_SERVICE_NAME: "mine",
    };
    const tracer = openTracer({ otlp: undefined }, environment, silent)!;
    const app = await openApp(t, { services: { tracer } });
    const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
    const answer = await app.post(met, { prefer: "wait=120", traceparent: `00-${traceId}-${spanId}-01` });
    assert.equal(answer.status, 200);
    await app.ask(met);
    await tracer.close();

    const { spans } = collector;
    assert.equal(collector.headers[0].path, "/v1/traces");
    assert.equal(collector.headers[0]["x-key"], "a b");
    assert.deepEqual([...collector.services], ["mine"]);
    const [root, ...others] = spans.filter(({ name }) => name === "query");
    assert.equal(others.length, 0, "a stored repeat is not traced");
    assert.equal(root.parentSpanId, spanId);
    assert.ok(spans.every((span) => span.traceId === traceId && /^[0-9a-f]{16}$/.test(span.spanId)));
    assert.equal(new Set(spans.map((span) => span.spanId)).size, spans.length);
    const childrenOf = (parent: SpanJson) => spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
    const names = (list: readonly SpanJson[]) => list.map(({ name }) => name).sort();
    assert.deepEqual(names(childrenOf(root)), ["dispatch", "partition 0", "partition 1", "partition 2", "partition 3"]);
    const dispatch = childrenOf(root).find(({ name }) => name === "dispatch")!;
    for (const call of ["coordinator.enqueue", "store.putPlan", "store.putQuery"])
      assert.ok(names(childrenOf(dispatch)).includes(call), call);
    const partition = childrenOf(root).find(({ name }) => name === "partition 2")!;
    assert.deepEqual(names(childrenOf(partition)), ["compiling", "computing", "loading", "saving", "thread", "waiting"]);
    for (const span of spans) assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), span.name);
    const { id } = (await answer.json()) as { id: string };
    assert.deepEqual(root.attributes.find(({ key }) => key === "femtoq.query")?.value, { stringValue: id });
    assert.deepEqual(root.attributes.find(({ key }) => key === "femtoq.partitions")?.value, { intValue: "4" });
  });

  test("are not made where nobody asks for them", () => {
    assert.equal(openTracer({ otlp: undefined }, {}, silent), undefined);
    assert.equal(
      openTracer({ otlp: undefined }, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://h", OTEL_SDK_DISABLED: "true" }, silent),
      undefined,
    );
  });

  test("are dropped, and the log says so once, where the collector refuses them or there are too many", async (t) => {
    const collector = await collect(t, 503);
    const { log, lines } = recordingLog();
    const tracer = createOtlpTracer({ url: collector.url, serviceName: "s", headers: {}, log, interval: 60_000 });
    for (let index = 0; index < 1_500; index++) tracer.send({ root: { name: "query", start: 1, end: 2 } });
    await tracer.close();
    assert.equal(collector.spans.length, 1_000);
    assert.deepEqual(
      lines.map(({ level, message }) => [level, message]),
      [["warn", "traces are dropped: the collector does not take them"]],
    );
  });
});
