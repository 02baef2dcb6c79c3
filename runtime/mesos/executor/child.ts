/**
 * A child process of an executor, in a process group of its own with all that it starts.
 *
 * Guarantees: no process of the group outlives the child or the executor, however that ends: a watcher in the group reads from a pipe that closes with the
 * executor, and then ends the group as `end` does. The child's output goes to files. POSIX only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

export interface ChildOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** The paths of the files that its output is appended to. */
  readonly stdout: string;
  readonly stderr: string;
  /** The milliseconds between SIGTERM and SIGKILL after the executor is gone. */
  readonly orphanGrace: number;
}

export type ChildEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: NodeJS.Signals }
  | { readonly kind: "not-started"; readonly reason: string };

export interface Child {
  readonly isStarted: boolean;
  readonly ended: Promise<ChildEnd>;
  /** Sends SIGTERM to the group, and SIGKILL after `grace` milliseconds, or earlier if an earlier call said so. */
  end(grace: number): void;
}

/** The shell script that starts the watcher and then runs the child; $0 is the seconds of grace. The watcher ignores its own SIGTERM to the group. */
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
    // No process of the group is left.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
