/**
 * Sends traces to an OpenTelemetry collector, as OTLP over HTTP with JSON. Written here, since the official exporter brings eleven packages for one
 * POST.
 *
 * Guarantees: sending never delays anything, and memory is bounded. Traces that come faster than the collector takes them, or that it does not take
 * within `patience`, are dropped; the log tells how many.
 */
import { randomBytes } from "node:crypto";
import type { Log } from "../../base/log.ts";
import type { Span, Trace, Tracer } from "../../functions/tracing/tracer.ts";
import type { Config } from "../start/config/config.ts";

export interface OtlpTracer extends Tracer {
  /** Sends the traces that are left. */
  close(): Promise<void>;
}

export interface OtlpOptions {
  /** The URL of the collector; `/v1/traces` is added. */
  readonly url: string;
  readonly serviceName: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: Log;
  /** Milliseconds between two batches. */
  readonly interval?: number;
}

const mostWaiting = 1_000;
const mostAtOnce = 100;
/** In milliseconds. */
const patience = 5_000;
const silence = 60_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** The tracer that the configuration or OpenTelemetry's own variables ask for, if any. */
export function openTracer({ otlp }: Pick<Config, "otlp">, environment: Variables, log: Log): OtlpTracer | undefined {
  const url = otlp ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!url || environment.OTEL_SDK_DISABLED === "true") return undefined;
  const serviceName = environment.OTEL_SERVICE_NAME || "femtoq";
  return createOtlpTracer({ url, serviceName, headers: readHeaders(environment.OTEL_EXPORTER_OTLP_HEADERS), log });
}

/** Parses `name=value,name=value`, with values escaped as in a URL. */
function readHeaders(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? "").split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at > 0 ? [[pair.slice(0, at).trim(), decodeValue(pair.slice(at + 1).trim())] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return value;
    throw error;
  }
}

export function createOtlpTracer({ url, serviceName, headers, log, interval = 1_000 }: OtlpOptions): OtlpTracer {
  const waiting: Trace[] = [];
  let dropped = 0;
  let lastComplaint = Number.NEGATIVE_INFINITY;
  let sending: Promise<void> | undefined;
  const endpoint = `${url.replace(/\/+$/, "")}/v1/traces`;
  const timer = setInterval(() => void flush(), interval);
  timer.unref();

  function flush(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  async function sendAll(): Promise<void> {
    for (let batch = waiting.splice(0, mostAtOnce); batch.length > 0; batch = waiting.splice(0, mostAtOnce)) {
      try {
        await post(batch);
      } catch (error) {
        dropped += batch.length;
        complain(error);
      }
    }
  }

  async function post(batch: readonly Trace[]): Promise<void> {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(encodeTraces(batch, serviceName)),
      signal: AbortSignal.timeout(patience),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the collector answered ${response.status}`);
  }

  function complain(error?: unknown): void {
    if (performance.now() - lastComplaint < silence) return;
    lastComplaint = performance.now();
    log.warn({ err: error, endpoint, dropped }, "traces are dropped: the collector does not take them");
    dropped = 0;
  }

  return {
    send(trace) {
      if (waiting.length < mostWaiting) waiting.push(trace);
      else {
        dropped++;
        complain();
      }
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** An ExportTraceServiceRequest in OTLP's JSON form. */
function encodeTraces(traces: readonly Trace[], serviceName: string): object {
  const spans: object[] = [];
  for (const { parent, root } of traces) {
    addSpan(spans, root, { traceId: parent?.traceId ?? randomBytes(16).toString("hex"), parentSpanId: parent?.spanId });
  }
  const resource = { attributes: encodeAttributes({ "service.name": serviceName }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "femtoq" }, spans }] }] };
}

const serverSpan = 2;
const internalSpan = 1;
const errorStatus = 2;

function addSpan(
  spans: object[],
  { name, start, end, attributes = {}, failed, children = [] }: Span,
  {
    traceId,
    parentSpanId,
    isChild = false,
  }: { readonly traceId: string; readonly parentSpanId: string | undefined; readonly isChild?: boolean },
): void {
  const spanId = randomBytes(8).toString("hex");
  spans.push({
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: isChild ? internalSpan : serverSpan,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: encodeAttributes(attributes),
    status: failed ? { code: errorStatus } : {},
  });
  for (const child of children) addSpan(spans, child, { traceId, parentSpanId: spanId, isChild: true });
}

const encodeAttributes = (attributes: Readonly<Record<string, string | number>>) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : Number.isInteger(value) ? { intValue: `${value}` } : { doubleValue: value },
  }));

/** As a decimal string, since nanoseconds since the epoch exceed 2^53. */
const nanoseconds = (milliseconds: number): string => `${BigInt(Math.round(milliseconds * 1000)) * 1000n}`;
