/**
 * Reads a request's body: whole, and never more of it than a limit. What is half sent is bounded by client, by address and in all, in number and bytes, and
 * so is the time: a body has seconds, and more only as it arrives. Whoever sends slowly on purpose is cut off before others feel it.
 */
import type { Context } from "hono";
import type { Environment } from "../environment.ts";
import { parseJson } from "./parse-json.ts";
import { HttpProblem } from "./problem.ts";

/** Bytes of the largest body, as it is sent and as it is meant. */
export const largestBody = 1_000_000;

/** Bytes as which a body counts besides its own: it holds a connection and buffers. */
const upkeep = 65_536;
/** Milliseconds that every body has, and bytes for which it has a second more. */
const leastTime = 5_000;
const bytesASecond = 50_000;

const tooLarge = () => new HttpProblem(413, "too-large", `A request's body may have at most ${largestBody} bytes.`);

/** Throws `HttpProblem` where the body is too large, too slow, cut off, or in a form that is not understood. */
export async function readText(c: Context<Environment>): Promise<string> {
  const encoding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip") {
    const detail = `A request's body may be plain or gzip, not ${JSON.stringify(encoding.slice(0, 40))}.`;
    throw new HttpProblem(415, "bad-encoding", detail, [], { "accept-encoding": "gzip" });
  }
  const length = c.req.header("transfer-encoding") === undefined ? Number(c.req.header("content-length") ?? Number.NaN) : Number.NaN;
  if (length > largestBody) throw tooLarge();
  using place = c.var.admission.bodies.enter(c.var.client, upkeep);
  // The host reads a small body faster than a stream of it.
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

/** The parts of a body as they come. Throws where they come too slowly, or are too many. */
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
    // Nobody waits for what comes after an error.
    reader.cancel().catch(() => undefined);
  }
}

/** Throws `HttpProblem` of status 408 when the time is over, and 400 where the client goes away in the middle; neither is an error of this server. */
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
