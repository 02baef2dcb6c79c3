/** The process around `runFemtoq`: signals, broken pipes, exit code. */
import { exitCodes, Interrupted } from "./cli/command-failed.ts";
import { runFemtoq } from "./cli/run-femtoq.ts";

const interruption = new AbortController();
process.on("SIGINT", () => {
  // The second Ctrl-C does not wait for the server to hear of the first.
  if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
  interruption.abort(new Interrupted("interrupted"));
});

// Whoever read our output has enough (`femtoq … | head`): nothing is left to say.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? exitCodes.done);
});

const { stdin, stdout, stderr, env: environment } = process;
process.exitCode = await runFemtoq(process.argv.slice(2), { stdin, stdout, stderr, environment }, { signal: interruption.signal });
