/** Checks what a master checks before it accepts a call, in the same order. It knows the protocol's definitions and nothing of our client. */
import { findFault, payloads } from "./message-shapes.ts";

// biome-ignore lint/suspicious/noExplicitAny: calls are checked by their shapes.
export type Json = any;

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Request {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface MasterCondition {
  readonly credentials: ReadonlyMap<string, string> | undefined;
  /** `HOST:PORT` of the leader if this master is a standby. */
  readonly leader: string | undefined;
  readonly isRecovering: boolean;
  /** What is known of a framework: undefined if it is unknown, "away", or the id of its stream. */
  stream(framework: string): undefined | "away" | { readonly id: string; readonly principal: string | undefined };
}

const no = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Refusal => ({ status, message, headers });

export function checkRequest({ method, headers, body }: Request, master: MasterCondition): Refusal | { readonly call: Json } {
  const { credentials, leader } = master;
  const principal = findPrincipal(headers.authorization, credentials);
  if (credentials && principal === undefined) return no(401, "", { "www-authenticate": 'Basic realm="mesos-master-scheduler"' });
  if (leader) return no(307, "", { location: `//${leader}/api/v1/scheduler` });
  if (master.isRecovering) return no(503, "Master has not finished recovery");
  if (method !== "POST") return no(405, `Expecting one of { 'POST' }, but received '${method}'`, { allow: "POST" });
  const type = headers["content-type"];
  if (type === undefined) return no(400, "Expecting 'Content-Type' to be present");
  if (type !== "application/json") return no(415, "Expecting 'Content-Type' of application/json or application/x-protobuf");
  let call: Json;
  try {
    call = JSON.parse(body, (_, value) => value ?? undefined);
  } catch {
    return no(400, "Failed to parse body into JSON");
  }
  const fault = findFaultOfCall(call, principal);
  if (fault) return no(400, fault);
  const accept = headers.accept ?? "*/*";
  if (!/application\/json|application\/\*|\*\/\*/.test(accept)) return no(406, "Expecting 'Accept' to allow application/json");
  const stream = headers["mesos-stream-id"];
  if (call.type === "SUBSCRIBE") {
    return stream === undefined ? { call } : no(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header");
  }
  const known = master.stream(call.framework_id.value);
  if (known === undefined) return no(400, "Framework cannot be found");
  if (known === "away") return no(403, "Framework is not subscribed");
  if (known.principal !== undefined && known.principal !== principal)
    return no(400, "Authenticated principal does not match principal used in SUBSCRIBE");
  if (stream === undefined) return no(400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header");
  if (stream !== known.id) return no(400, "The stream ID included in this request didn't match the stream ID currently associated");
  return { call };
}

function findPrincipal(authorization: string | undefined, credentials: MasterCondition["credentials"]): string | undefined {
  const encoded = /^Basic (.*)$/.exec(authorization ?? "")?.[1];
  const parts = Buffer.from(encoded ?? "", "base64")
    .toString()
    .split(":");
  return parts.length === 2 && credentials?.get(parts[0]!) === parts[1] ? parts[0] : undefined;
}

function findFaultOfCall(call: Json, principal: string | undefined): string | undefined {
  if (typeof call !== "object" || call === null || typeof call.type !== "string") return "Expecting 'type' to be present";
  if (!(call.type in payloads)) return `Unknown call ${call.type}`;
  const expected = payloads[call.type];
  const name = call.type.toLowerCase();
  const payload = call[name];
  if (expected?.required && (payload === undefined || payload === null)) return `Expecting '${name}' to be present`;
  const fault = (expected && payload !== undefined ? findFault(expected.shape, payload, name) : undefined) ?? undefined;
  if (fault) return `Failed to convert JSON into Call protobuf: ${fault}`;
  if (call.framework_id !== undefined) {
    const wrong = findFault({ "value!": "string" }, call.framework_id, "framework_id");
    if (wrong) return wrong;
  }
  if (call.type === "SUBSCRIBE") {
    const { framework_info: info } = payload;
    if (call.framework_id?.value !== info.id?.value) return "'framework_id' differs from 'subscribe.framework_info.id'";
    const isForeign = principal !== undefined && info.principal !== undefined && info.principal !== principal;
    return isForeign ? `Authenticated principal '${principal}' does not match principal '${info.principal}'` : undefined;
  }
  if (call.framework_id === undefined) return "Expecting 'framework_id' to be present";
  if (call.type === "ACKNOWLEDGE" && !isUuid(Buffer.from(payload.uuid, "base64"))) return "Not a valid UUID";
  return undefined;
}

/** 16 bytes whose variant is that of RFC 4122. */
function isUuid(bytes: Buffer): boolean {
  return bytes.length === 16 && (bytes[8]! & 0xc0) === 0x80;
}
