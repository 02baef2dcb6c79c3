/**
 * One HTTP request and its answer, with redirects followed.
 *
 * Guarantees: credentials are sent only to the origin of the named URL, whatever redirects say. An answer must begin within `patience`, and its body must
 * not be slower than `slowest`. Connections are reused and limited for each origin. Errors show no credentials. A body is only read if `use`
 * asks for it.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https from "node:https";
import { DatasetError } from "../../dataset.ts";
import { showUrl } from "../shown-path.ts";

/** The most requests of one thread to one origin at a time. */
export const mostConnections = 8;
const mostRedirects = 5;
/** In milliseconds. */
const usualPatience = 30_000;
/** In bytes per millisecond. */
const slowest = 32;

const kept = { keepAlive: true, maxSockets: mostConnections, maxFreeSockets: mostConnections };
const clients = {
  "http:": { request: http.request, agent: new http.Agent(kept) },
  "https:": { request: https.request, agent: new https.Agent(kept) },
};

export interface HttpRequest {
  readonly method: "GET" | "PROPFIND";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The most bytes of the answer, which decide how long it may take. */
  readonly most: number;
  readonly signal?: AbortSignal | undefined;
  /** The most milliseconds until the answer begins; 30 s if absent. */
  readonly patience?: number;
  /** Makes the headers with credentials; called for each request to the URL's own origin. */
  readonly authorize: (url: URL, method: string) => Promise<Readonly<Record<string, string>>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The URL that answered, after redirects. */
  readonly url: URL;
  /** Passes on the bytes of the body as they arrive; resolves at its end. An error thrown by `onBytes` ends it. */
  readonly read: (onBytes: (bytes: Uint8Array) => void) => Promise<void>;
}

/** A failure after which trying again may help: no connection, an overloaded server, an answer that broke off. */
export class PassingFailure extends DatasetError {
  /** The milliseconds that the server asks to wait before the next attempt. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly retryAfter?: number | undefined } = {}) {
    super(message, { cause: options.cause, permanent: false });
    this.retryAfter = options.retryAfter;
  }
}

/** Calls `use` with the answer and returns its result. `at` is the URL that an earlier request for this URL was redirected to. */
export async function sendRequest<Result>(
  url: URL,
  request: HttpRequest,
  use: (answer: HttpAnswer) => Promise<Result>,
  at: URL = url,
): Promise<Result> {
  for (let [target, redirects] = [at, 0]; ; redirects++) {
    const outcome = await exchange(url, target, request, use);
    if ("result" in outcome) return outcome.result;
    if (redirects === mostRedirects) throw failed(url, `it was redirected more than ${mostRedirects} times`);
    target = nextTarget(url, target, outcome.location);
  }
}

function nextTarget(url: URL, from: URL, location: string): URL {
  if (!URL.canParse(location, from)) throw failed(url, "it was redirected to what is no URL");
  const target = new URL(location, from);
  if (!(target.protocol in clients)) throw failed(url, `it was redirected to ${target.protocol}//, which is not read`);
  if (from.protocol === "https:" && target.protocol === "http:") throw failed(url, "it was redirected from https to http");
  if (isLoopback(target) && !isLoopback(url)) throw failed(url, "it was redirected to this machine");
  target.username = "";
  target.password = "";
  return target;
}

async function exchange<Result>(
  url: URL,
  target: URL,
  { method, headers, body, most, signal, authorize, patience = usualPatience }: HttpRequest,
  use: (answer: HttpAnswer) => Promise<Result>,
): Promise<{ readonly result: Result } | { readonly location: string }> {
  signal?.throwIfAborted();
  const own = target.origin === url.origin ? await authorize(target, method) : {};
  const { request, agent } = clients[target.protocol as keyof typeof clients];
  const plain = new URL(target);
  plain.username = "";
  plain.password = "";
  const sent = request(plain, { method, agent, headers: { "accept-encoding": "identity", ...headers, ...own } });
  // Without a listener, errors after the first would end the process.
  sent.on("error", () => {});
  let stop = (_: unknown) => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  stopped.catch(() => sent.destroy());
  const abort = () => stop(signal!.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const tooSlow = () => stop(new PassingFailure(messageOf(url, "the server does not answer in time, or too slowly")));
  let timer = setTimeout(tooSlow, patience);
  let answer: IncomingMessage | undefined;
  try {
    const begun = new Promise<IncomingMessage>((resolve, reject) => {
      sent.on("response", resolve);
      sent.on("error", reject);
      sent.on("close", () => reject(new Error("the connection was closed")));
      sent.end(body);
    });
    answer = await Promise.race([begun, stopped]);
    // `readBody` reports errors of the answer; without a listener, others would end the process.
    answer.on("error", () => {});
    clearTimeout(timer);
    timer = setTimeout(tooSlow, patience + most / slowest);
    const { statusCode: status = 0, headers: received } = answer;
    if (status >= 300 && status < 400 && received.location !== undefined) return { location: received.location };
    const used = use({ status, headers: received, url: target, read: (onBytes) => readBody(answer!, onBytes) });
    return { result: await Promise.race([used, stopped]) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DatasetError) throw error;
    throw new PassingFailure(messageOf(url, networkReason(error)), { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    if (answer && !answer.readableEnded) answer.destroy();
    if (!answer) sent.destroy();
  }
}

function readBody(answer: IncomingMessage, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    answer.on("data", (bytes: Uint8Array) => {
      try {
        onBytes(bytes);
      } catch (error) {
        reject(error);
      }
    });
    answer.on("end", resolve);
    answer.on("error", reject);
    answer.on("close", () => reject(new Error("the connection was closed")));
  });
}

export const isLoopback = ({ hostname }: URL): boolean => /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

const messageOf = (url: URL, reason: string): string => `Cannot read ${showUrl(url)}: ${reason}`;
const failed = (url: URL, reason: string): DatasetError => new DatasetError(messageOf(url, reason), { permanent: true });

/** The reason of a network error, without addresses that a proxy or name server may have put into its message. */
function networkReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons.get(code) ?? (code === "" ? "the connection failed" : `the connection failed (${code})`);
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "there is no such host"],
  ["EAI_AGAIN", "the host's name cannot be looked up now"],
  ["ECONNREFUSED", "the host refuses the connection"],
  ["ECONNRESET", "the connection broke off"],
  ["ETIMEDOUT", "the host does not answer"],
]);
