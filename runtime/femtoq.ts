/** The process around `runFemtoq`: signals, broken pipes, exit code. */
import { exitCodes, Interrupted } from "./cli/command-failed.ts";
import { notWritten } from "./cli/draw/terminal.ts";
import { runFemtoq } from "./cli/run-femtoq.ts";

const interruption = new AbortController();
process.on("SIGINT", () => {
  // The second Ctrl-C does not wait for the server to hear of the first.
  if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
  interruption.abort(new Interrupted("interrupted"));
});

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever read our output has enough (`femtoq … | head`): nothing is left to say.
  if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.done);
  // A command waits for its writes and fails by itself; help does not wait, and has ended well by now.
  setImmediate(() => {
    if (process.exitCode !== exitCodes.done) return;
    process.exitCode = exitCodes.failed;
    process.stderr.write(`${notWritten(error).message}\n`);
  });
});

const { stdin, stdout, stderr, env: environment } = process;
process.exitCode = await runFemtoq(process.argv.slice(2), { stdin, stdout, stderr, environment }, { signal: interruption.signal });
