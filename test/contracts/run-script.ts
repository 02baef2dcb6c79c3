/** Runs a script of ours in a process of its own, by the same runtime as the test. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface RunningScript {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Lines it wrote, while it writes them. */
  readonly lines: readonly string[];
  /** Resolves when that many lines are there, or it ended. */
  reached(lines: number): Promise<void>;
  /** All lines are there when this resolves. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly errors: string }>;
}

export interface ScriptOptions {
  readonly parameters: readonly string[];
  /** Bytes that a file it writes may have. */
  readonly fileLimit?: number;
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export function runScript(script: URL, { parameters, fileLimit, environment }: ScriptOptions): RunningScript {
  const path = fileURLToPath(script);
  const command = "Deno" in globalThis ? [process.execPath, "run", "-A", "--no-check", path] : [process.execPath, "--import", "tsx", path];
  const limited = fileLimit === undefined ? [] : ["sh", "-c", `trap '' XFSZ; ulimit -S -f ${fileLimit / 512}; exec "$@"`, "sh"];
  const [program, ...rest] = [...limited, ...command, ...parameters];
  const child = spawn(program!, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  const lines: string[] = [];
  const waiting: { readonly lines: number; readonly resolve: () => void }[] = [];
  const wake = (count: number) => {
    for (const waiter of waiting.splice(0)) {
      if (count >= waiter.lines) waiter.resolve();
      else waiting.push(waiter);
    }
  };
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => {
    lines.push(line);
    wake(lines.length);
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const linesEnded = new Promise<void>((resolve) => reader.once("close", resolve));
  const ended = new Promise<Awaited<RunningScript["ended"]>>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", async (code, signal) => {
      await linesEnded;
      wake(Number.POSITIVE_INFINITY);
      resolve({ code, signal, errors });
    });
  });
  return {
    process: child,
    lines,
    ended,
    reached: (count) => (lines.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ lines: count, resolve }))),
  };
}
