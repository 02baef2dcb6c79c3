/**
 * Requests to Mesos over TCP, TLS or a domain socket: streams, which may be silent for as long as their reader allows, and calls, one after the other on
 * one connection. Not with `fetch`, which gives up streams after five silent minutes, and cannot be limited to one connection.
 */
import { Buffer } from "node:buffer";
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";
import { rootCertificates } from "node:tls";

export interface Endpoint {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly socketPath?: string | undefined;
  /** A certificate authority for the server, as PEM, in addition to the usual ones. */
  readonly ca?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Patience {
  readonly signal: AbortSignal;
  /** The most milliseconds until the answer begins. */
  readonly answer: number;
}

/** The most bytes that are read of an answer to a call. */
const mostText = 65_536;

/** Sends a request whose answer is a stream; resolves when the answer begins. */
export function openStream(endpoint: Endpoint, body: string, patience: Patience): Promise<IncomingMessage> {
  return post(endpoint, createAgent(endpoint, false), body, patience);
}

function createAgent({ url, ca }: Endpoint, keepAlive: boolean): Agent {
  const options = { keepAlive, maxSockets: 1 };
  return url.protocol === "https:"
    ? new TlsAgent({ ...options, ...(ca !== undefined && { ca: [...rootCertificates, ca] }) })
    : new Agent(options);
}

function post(endpoint: Endpoint, agent: Agent, body: string, { signal, answer }: Patience): Promise<IncomingMessage> {
  const { url, headers, socketPath } = endpoint;
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
      method: "POST",
      agent,
      signal,
      ...(socketPath !== undefined && { socketPath }),
      headers: { "content-type": "application/json", accept: "application/json", "content-length": Buffer.byteLength(body), ...headers },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer came within ${answer} ms`)), answer);
    request.on("response", (response) => {
      clearTimeout(timer);
      // The reader of the answer gets its errors; without this listener, one before reading begins would end the process.
      response.on("error", () => undefined);
      resolve(response);
    });
    request.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}

/** Sends calls to one server, each after the answer to the one before, so that they arrive in order. */
export class SerialCalls {
  readonly #endpoint: Endpoint;
  readonly #agent: Agent;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#agent = createAgent(endpoint, true);
  }

  /** @param patience In milliseconds. */
  call(body: string, patience: number): Promise<Answer> {
    const { signal } = this.#closing;
    const answered = this.#last.then(async () => {
      signal.throwIfAborted();
      const response = await post(this.#endpoint, this.#agent, body, { signal, answer: patience });
      return { status: response.statusCode ?? 0, text: await readText(response, patience) };
    });
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  /** Rejects calls without an answer with the reason. */
  close(reason: Error): void {
    this.#closing.abort(reason);
    this.#agent.destroy();
  }
}

/** The text of an answer: at most 64 KiB, or `most` bytes, or what has arrived when `patience` (in milliseconds) ends. */
export async function readText(response: IncomingMessage, patience: number, most = mostText): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readWithin(response, () => patience)) {
    parts.push(chunk);
    length += chunk.length;
    if (length > most) break;
  }
  return Buffer.concat(parts).toString("utf8", 0, most);
}

/**
 * The chunks of an answer. Throws if a chunk is waited for longer than `longestSilence` (in milliseconds). Time that the reader takes between chunks does
 * not count.
 */
export async function* readWithin(response: IncomingMessage, longestSilence: () => number | undefined): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
  try {
    for (;;) {
      const silence = longestSilence();
      let hasCome = false;
      const giveUp = () => hasCome || response.destroy(new Error(`nothing was heard for ${silence} ms`));
      // `setImmediate`, so that data that arrived while this process was busy is read first.
      const timer = silence === undefined ? undefined : setTimeout(() => setImmediate(giveUp), silence);
      const next = await chunks.next().finally(() => {
        hasCome = true;
        clearTimeout(timer);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    response.destroy();
  }
}

/** An error of the connection for people. If several addresses failed, the error itself has no message. */
export function describeFailure(error: unknown): string {
  const { message, code } = error as { readonly message?: string; readonly code?: unknown };
  if (code === "ECONNREFUSED") return "nobody listens there (connection refused)";
  if (code === "ENOTFOUND") return "no such host is known";
  if (String(code).startsWith("HPE_")) return "what answers there does not speak HTTP";
  if (code === "EPROTO" || code === "ERR_SSL_WRONG_VERSION_NUMBER") return "what answers there does not speak HTTPS";
  if (code === "ECONNRESET") return "the connection broke";
  return message || String(code ?? error);
}
