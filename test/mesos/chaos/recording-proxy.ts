/** A proxy between a scheduler and a master. It records their messages for `auditLog`, and splits events at arbitrary bytes. It survives the master. */
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { LogEntry } from "../fake/master-state.ts";

export interface RecordingProxy {
  readonly address: string;
  /** Calls that the master took, and events, in their order. */
  log(): readonly LogEntry[];
  stop(): Promise<void>;
}

export async function startRecordingProxy(masterPort: number, random: () => number): Promise<RecordingProxy> {
  const entries: { readonly entry: LogEntry; taken: boolean }[] = [];
  const keep = (entry: LogEntry, taken: boolean) => {
    const kept = { entry, taken };
    entries.push(kept);
    return kept;
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (!body) return;
    const call = request.url?.endsWith("/api/v1/scheduler") ? parse(body) : undefined;
    const isStream = call?.type === "SUBSCRIBE";
    const kept = call && !isStream ? keep({ kind: "call", framework: call.framework_id?.value, call }, false) : undefined;
    const forwarded = send(
      {
        port: masterPort,
        host: "127.0.0.1",
        path: request.url,
        method: request.method,
        headers: request.headers,
        agent: isStream ? false : agent,
      },
      (answer) => {
        if (kept) kept.taken = answer.statusCode === 202;
        response.writeHead(answer.statusCode!, answer.headers);
        if (isStream && answer.statusCode === 200) carryEvents(answer, response, random, (entry) => void keep(entry, true));
        else answer.pipe(response);
        answer.on("error", () => response.destroy());
      },
    );
    forwarded.on("error", () => response.destroy());
    response.on("close", () => forwarded.destroy());
    forwarded.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: () => entries.filter(({ taken }) => taken).map(({ entry }) => entry),
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parse(body: Buffer) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function carryEvents(answer: IncomingMessage, response: ServerResponse, random: () => number, keep: (entry: LogEntry) => void): void {
  let framework = "";
  let rest = Buffer.alloc(0);
  response.flushHeaders();
  answer.on("data", (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const end = rest.indexOf(10);
      const length = Number(rest.subarray(0, Math.max(0, end)).toString());
      if (end < 0 || rest.length < end + 1 + length) break;
      const event = JSON.parse(rest.subarray(end + 1, end + 1 + length).toString());
      rest = rest.subarray(end + 1 + length);
      if (event.type === "SUBSCRIBED") {
        framework = event.subscribed.framework_id.value;
        keep({ kind: "subscribed", framework });
      }
      keep({ kind: "event", framework, event });
    }
    const cut = Math.floor(random() * data.length);
    response.write(data.subarray(0, cut));
    response.write(data.subarray(cut));
  });
  answer.on("close", () => {
    keep({ kind: "disconnected", framework });
    response.end();
  });
}
