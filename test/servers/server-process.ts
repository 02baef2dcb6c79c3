/** Starts servers for tests and for `npm run servers`. A server ends with the process that started it. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { atExit } from "./at-exit.ts";

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** SIGKILL ends it as a power cut would; SIGSTOP makes it slow until SIGCONT. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGUSR2"): void;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly what: string;
  readonly command: string;
  readonly parameters: readonly string[];
  /** Returns the port if this line tells that the server accepts connections. */
  readonly readyPort: (line: string) => number | undefined;
  /** All its variables; this process' own by default. */
  readonly environment?: Readonly<Record<string, string>>;
}

const lastWords = 4_000;
const longestStart = 300_000;

/** Starts a server; resolves when it tells that it is ready. If it ends before, rejects with its last output. */
export async function startProcess({ what, command, parameters, readyPort, environment }: ServerCommand): Promise<ServerProcess> {
  // The server's standard input ends with this process, however that ends; servers then stop by themselves.
  const child = spawn(command, parameters, { stdio: ["pipe", "pipe", "pipe"], env: environment ?? process.env });
  const forget = atExit(() => void child.kill("SIGKILL"));
  let said = "";
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      said += error.message;
      resolve();
    });
    child.once("exit", () => resolve());
  });
  void ended.then(forget);
  const ready = new Promise<number>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        said = `${said}${line}\n`.slice(-lastWords);
        const port = readyPort(line);
        if (port !== undefined) resolve(port);
      });
    }
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestStart);
  });
  const port = await Promise.race([ready, ended, late]);
  clearTimeout(timer);
  if (port === undefined) child.kill("SIGKILL");
  if (port === undefined) throw new Error(`Cannot start ${what}: ${said.trim() || "it said nothing"}`);
  // A test that forgets to stop it still ends.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Partial<{ unref(): void }>).unref?.();
  return {
    pid: child.pid!,
    port,
    // `child.kill` is not used, since Deno takes any signal by it as the end of the process.
    signal: (name) => void process.kill(child.pid!, name),
    async stop() {
      child.ref();
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Finds a port of `host` that is free at this moment. */
export async function findFreePort(host = "127.0.0.1"): Promise<number> {
  const [port] = await findFreePorts(1, host);
  return port!;
}

/** Finds several different ports that are free at this moment. */
export async function findFreePorts(count: number, host = "127.0.0.1"): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, host, resolve);
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Runs a program to its end; returns its standard output, or undefined if there is no such program. If it fails, rejects with its output. */
export async function runToEnd(command: string, parameters: readonly string[]): Promise<string | undefined> {
  const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-lastWords)));
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? resolve(undefined) : reject(error)));
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ended with code ${code}: ${(said || output).trim().slice(-600)}`));
    });
  });
}
