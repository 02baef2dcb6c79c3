/** Runs the command line in this process; returns what it prints and how it ends. */
import { PassThrough, Readable } from "node:stream";
import { runFemtoq } from "../../../runtime/cli/run-femtoq.ts";

export interface CliOptions {
  readonly fetch?: typeof globalThis.fetch;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard output and error are terminals of this width. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
}

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { columns, environment = {}, input = "", fetch, signal = new AbortController().signal } = options;
  const stdout = recorder(columns);
  const stderr = recorder(columns);
  const terminal = { stdin: Readable.from([input]), stdout: stdout.stream, stderr: stderr.stream, environment };
  const code = await runFemtoq(args, terminal, { signal, ...(fetch ? { fetch } : {}) });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function recorder(columns: number | undefined) {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  // The functions with which cli-progress moves the cursor.
  const cursor = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
  const output = Object.assign(stream, columns === undefined ? {} : { isTTY: true, columns, ...cursor });
  return { stream: output, text: () => Buffer.concat(chunks).toString() };
}

/** Requests go to a handler in this process; an aborted one breaks its answer's stream, as a connection would. */
export function fetchFrom(handle: (request: Request) => Response | Promise<Response>): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const response = await handle(request);
    init?.signal?.throwIfAborted();
    const body = response.body && init?.signal ? response.body.pipeThrough(new TransformStream(), { signal: init.signal }) : response.body;
    return new Response(body, response);
  };
}
