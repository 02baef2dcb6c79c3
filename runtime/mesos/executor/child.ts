/**
 * A child process of an executor, with all that it starts: a process group of its own.
 *
 * Promises: nothing of the group outlives the child, nor the executor, whatever ends that: a watcher in the group reads from a pipe that closes with the
 * executor, and then ends the group as `end` does. What the child writes is kept in files. POSIX only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

export interface ChildOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Paths of files, which are appended to. */
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds between the polite request to end and the kill, where the executor is gone. */
  readonly orphanGrace: number;
}

export type ChildEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: NodeJS.Signals }
  /** It could not be started. */
  | { readonly kind: "not-started"; readonly reason: string };

export interface Child {
  readonly isStarted: boolean;
  readonly ended: Promise<ChildEnd>;
  /** SIGTERM to the group, and SIGKILL after `grace` milliseconds, unless an earlier call said less. */
  end(grace: number): void;
}

/** $0 is seconds of grace. The watcher ignores what it tells the others. */
const watched = `
(trap "" HUP INT TERM; read -r never; kill -TERM 0; sleep "$0"; kill -KILL 0) <&3 >/dev/null 2>&1 3<&- &
exec 3<&- "$@"`;

export function startChild(options: ChildOptions): Child {
  const files = [openSync(options.stdout, "a"), openSync(options.stderr, "a")] as const;
  let child: ChildProcess;
  try {
    const grace = `${Math.ceil(options.orphanGrace / 1000)}`;
    child = spawn("/bin/sh", ["-c", watched, grace, options.program, ...options.arguments], {
      cwd: options.directory,
      env: options.environment,
      detached: true,
      stdio: ["ignore", ...files, "pipe"],
    });
  } finally {
    for (const file of files) closeSync(file);
  }
  let killTimer: NodeJS.Timeout | undefined;
  let killAt = Number.POSITIVE_INFINITY;
  const pipe = child.stdio[3];
  pipe?.on("error", () => undefined);

  const ended = new Promise<ChildEnd>((resolve) => {
    child.on("error", ({ message }) => resolve({ kind: "not-started", reason: message }));
    child.on("exit", (code, signal) => {
      clearTimeout(killTimer);
      killAt = 0;
      signalGroup(child, "SIGKILL");
      pipe?.destroy();
      resolve(signal === null ? { kind: "exited", code: code! } : { kind: "signalled", signal });
    });
  });

  return {
    isStarted: child.pid !== undefined,
    ended,
    end(grace) {
      const at = performance.now() + grace;
      if (at >= killAt) return;
      if (killAt === Number.POSITIVE_INFINITY) signalGroup(child, "SIGTERM");
      killAt = at;
      clearTimeout(killTimer);
      killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), grace);
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // None of the group is left.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
