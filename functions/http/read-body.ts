/**
 * Reads the whole body of a request, up to a limit. The bytes of unfinished bodies are bounded for each client, each address and in all. So is the time:
 * a body gets some seconds, and more only as bytes arrive. So a client that sends slowly on purpose is cut off before it hinders others.
 */
import type { Context } from "hono";
import type { Environment } from "../environment.ts";
import { parseJson } from "./parse-json.ts";
import { HttpProblem } from "./problem.ts";

/** The most bytes of a body, both as it is sent and after decompression. */
const largestBody = 1_000_000;

/** The bytes that each body counts in addition to its own, for its connection and buffers. */
const upkeep = 65_536;
/** The milliseconds that every body gets, and the bytes for which it gets one more second. */
const leastTime = 5_000;
const bytesASecond = 50_000;

const tooLarge = () => new HttpProblem(413, "too-large", `A request's body may have at most ${largestBody} bytes.`);

/** Throws `HttpProblem` if the body is too large, too slow, cut off, or in an unknown encoding. */
export async function readText(c: Context<Environment>): Promise<string> {
  const encoding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip") {
    const detail = `A request's body may be plain or gzip, not ${JSON.stringify(encoding.slice(0, 40))}.`;
    throw new HttpProblem(415, "bad-encoding", detail, [], { "accept-encoding": "gzip" });
  }
  const length = c.req.header("transfer-encoding") === undefined ? Number(c.req.header("content-length") ?? Number.NaN) : Number.NaN;
  if (length > largestBody) throw tooLarge();
  using place = c.var.admission.bodies.enter(c.var.client, upkeep);
  // For a small body, the host's own method is faster than reading a stream.
  if (encoding === "identity" && length <= upkeep) return await within(leastTime, () => c.req.text());
  const { body } = c.req.raw;
  if (!body) return "";
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of arriving(body)) {
    place.grow(chunk.length);
    chunks.push(chunk);
  }
  const sent = new Blob(chunks);
  return await (encoding === "gzip" ? unpack(sent) : sent.text());
}

export async function readJson(c: Context<Environment>): Promise<unknown> {
  return parseJson(await readText(c));
}

/** The parts of a body as they arrive. Throws if they arrive too slowly or exceed `largestBody`. */
async function* arriving(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const start = performance.now();
  let bytes = 0;
  try {
    for (;;) {
      const left = start + leastTime + (bytes / bytesASecond) * 1000 - performance.now();
      const { done, value } = await within(left, () => reader.read());
      if (done) return;
      bytes += value.length;
      if (bytes > largestBody) throw tooLarge();
      yield value;
    }
  } finally {
    // After an error the rest of the body is not needed.
    reader.cancel().catch(() => undefined);
  }
}

/** Throws `HttpProblem` 408 when the time is over, and 400 if the client breaks off. Neither is a fault of this server, so neither is logged. */
function within<T>(milliseconds: number, read: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cutOff = () => reject(new HttpProblem(408, "too-slow", "The request's body came too slowly.", [], { connection: "close" }));
    const timer = setTimeout(cutOff, Math.max(0, milliseconds));
    const fail = (error: unknown) => {
      const reason = error instanceof Error ? error.message : error;
      reject(new HttpProblem(400, "cut-off", `The request's body did not come whole: ${reason}`));
    };
    void read()
      .then(resolve, fail)
      .finally(() => clearTimeout(timer));
  });
}

async function unpack(packed: Blob): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for await (const chunk of packed.stream().pipeThrough(new DecompressionStream("gzip"))) {
      bytes += chunk.length;
      if (bytes > largestBody) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem(400, "bad-encoding", "The request's body is not gzip, though it says so.");
  }
  return new Blob(chunks).text();
}
