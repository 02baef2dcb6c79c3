/** The real server as a process of its own, on whichever host runs this test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { atExit } from "../servers/at-exit.ts";

const root = new URL("../../", import.meta.url);
/** In milliseconds. On a machine with forty times the work that it can do, only a start that hangs takes this long. */
const longestStart = 300_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  readonly stdout: string;
  /** The log so far. */
  readonly stderr: string;
  /** Milliseconds from the start to the printed address. */
  readonly started: number;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<Exit>;
}

export type Runtime = "node" | "deno";

export interface ProcessOptions {
  /** The one that runs this test, unless another is named. */
  readonly runtime?: Runtime;
  readonly environment?: Readonly<Record<string, string>>;
  /** A command that runs the command after it, in its own process, such as one that enters a network namespace. */
  readonly within?: readonly string[];
}

/** Starts a server with options as on the command line; the port is a free one unless they name it. If it ends early, this rejects with what it printed. */
export async function startServerProcess(args: readonly string[], options: ProcessOptions = {}): Promise<ServerProcess> {
  const begun = performance.now();
  const { child, output, exited } = run(["--port", "0", ...args], options);
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`The server did not start within ${longestStart} ms:\n${output.stderr}`));
    }, longestStart);
    child.stdout?.on("data", () => {
      const found = /listens on (http:\/\/\S+)/.exec(output.stdout)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(found);
    });
    void exited.then(({ code, stderr }) => {
      clearTimeout(late);
      reject(new Error(`The server ended with code ${code}:\n${stderr}`));
    });
  });
  const started = performance.now() - begun;
  // `child.kill` is not used, since on Deno it makes it look as if the signal had ended the process.
  const kill = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) process.kill(child.pid, signal);
  };
  return {
    pid: child.pid!,
    url,
    stdout: output.stdout,
    get stderr() {
      return output.stderr;
    },
    started,
    kill,
    exited,
  };
}

/** A start that is expected to fail. */
export function runServer(args: readonly string[], options: ProcessOptions = {}): Promise<Exit> {
  return run(args, options).exited;
}

const ownRuntime: Runtime = "Deno" in globalThis ? "deno" : "node";

/** The program of a runtime: this process's own, or that of the other one. */
function programOf(runtime: Runtime): string {
  if (runtime === ownRuntime) return process.execPath;
  return runtime === "node" ? "node" : findDeno();
}

/** The program itself, not the command that npm puts before it, which would keep signals from it. */
export function findDeno(): string {
  const folder = new URL("node_modules/@deno/", root);
  const [found] = readdirSync(folder)
    .map((name) => new URL(`${name}/deno`, folder))
    .filter((path) => existsSync(path));
  if (found === undefined) throw new Error(`Cannot find Deno in ${fileURLToPath(folder)}: npm ci installs it`);
  return fileURLToPath(found);
}

function run(
  args: readonly string[],
  { runtime = ownRuntime, environment = {}, within = [] }: ProcessOptions,
): { child: ChildProcess; output: { stdout: string; stderr: string }; exited: Promise<Exit> } {
  const start = fileURLToPath(new URL("runtime/start.ts", root));
  const host = runtime === "deno" ? ["run", "-A", "--no-check"] : ["--import", "tsx"];
  const [command, ...parameters] = [...within, programOf(runtime), ...host, start, ...args];
  const child = spawn(command!, parameters, {
    cwd: fileURLToPath(root),
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const forget = atExit(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const exited = once(child, "close").then(([code, signal]): Exit => {
    forget();
    return { code, signal, ...output };
  });
  return { child, output, exited };
}

export async function temporaryDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "femtoq-"));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
