/** The program `femtoq`: runs `runFemtoq` and handles signals, broken pipes and the exit code. */
import { exitCodes, Interrupted } from "./cli/command-failed.ts";
import { notWritten } from "./cli/draw/terminal.ts";
import { runFemtoq } from "./cli/run-femtoq.ts";

const interruption = new AbortController();
process.on("SIGINT", () => {
  // A second Ctrl-C ends the process without waiting for the withdrawal of the query.
  if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
  interruption.abort(new Interrupted("interrupted"));
});

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader has closed the pipe (`femtoq … | head`), which is no error.
  if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.done);
  // A command waits for its writes and then fails itself. Help does not wait, so its failure is handled here.
  setImmediate(() => {
    if (process.exitCode !== exitCodes.done) return;
    process.exitCode = exitCodes.failed;
    process.stderr.write(`${notWritten(error).message}\n`);
  });
});

const { stdin, stdout, stderr, env: environment } = process;
process.exitCode = await runFemtoq(process.argv.slice(2), { stdin, stdout, stderr, environment }, { signal: interruption.signal });
