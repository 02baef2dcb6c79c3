/** Writes a query's rows to standard output or to a file, at the reader's speed and without keeping them in memory. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";
import { CommandFailed, exitCodes } from "./command-failed.ts";
import { notWritten, write } from "./draw/terminal.ts";
import type { Invocation } from "./invocation.ts";

interface RowsDelivery {
  readonly format: "jsonl" | "parquet";
  readonly output: string | undefined;
}

export async function deliverRows({ api, signal, terminal }: Invocation, id: string, { format, output }: RowsDelivery): Promise<void> {
  const response = await api.request(api.resultPath(id, format, undefined), { signal });
  const body = Readable.fromWeb(response.body as WebStream<Uint8Array>);
  if (output !== undefined) return await writeFile(body, output);
  const { stdout } = terminal;
  const decoder = new TextDecoder();
  for await (const piece of piecesOf(body)) {
    if (format === "jsonl") await write(stdout, decoder.decode(piece, { stream: true }));
    else await new Promise<void>((resolve, reject) => stdout.write(piece, (error) => (error ? reject(notWritten(error)) : resolve())));
  }
}

/** Writes a file, under another name until it is complete. */
async function writeFile(body: Readable, output: string): Promise<void> {
  const unfinished = `${output}.part`;
  try {
    await pipeline(piecesOf(body), createWriteStream(unfinished));
    await rename(unfinished, output);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(exitCodes.failed, `Cannot write the rows to ${output}: ${(error as Error).message}`, { cause: error });
  }
}

/** The pieces of a body; throws if the answer ends too early. */
async function* piecesOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw new CommandFailed(exitCodes.failed, "The rows are not whole: the server ended its answer too early. Ask again.", {
      cause: error,
    });
  }
}
