/** The tracer that the configuration or OpenTelemetry's own variables ask for; none where nobody does. */
import type { Log } from "../../base/log.ts";
import type { Config } from "../start/config/config.ts";
import { createOtlpTracer, type OtlpTracer } from "./otlp.ts";

type Variables = Readonly<Record<string, string | undefined>>;

export function openTracer({ otlp }: Pick<Config, "otlp">, environment: Variables, log: Log): OtlpTracer | undefined {
  const url = otlp ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!url || environment.OTEL_SDK_DISABLED === "true") return undefined;
  const serviceName = environment.OTEL_SERVICE_NAME || "femtoq";
  return createOtlpTracer({ url, serviceName, headers: readHeaders(environment.OTEL_EXPORTER_OTLP_HEADERS), log });
}

/** `name=value,name=value`, with values as in a URL. */
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
