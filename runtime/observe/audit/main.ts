/**
 * `npm run audit -- FILE…` audits the logs of a run. The exit code is 0 if every request has its answer, 1 if one has none, 2 if a log cannot
 * be read.
 */
import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { Command } from "commander";
import { auditLogs, describeAudit, type LogSource } from "./audit-log.ts";

const program = new Command("npm run audit --")
  .description("Compares the requests and the answers in the logs of a run, and names the requests without an answer.")
  .argument("<file...>", "logs as --log-file writes them; of several processes that ran together, all of them")
  .option("--json", "the whole audit as JSON")
  .addHelpText("after", "\nExamples:\n  npm run audit -- femtoq.log\n  npm run audit -- dispatch-1.log dispatch-2.log --json")
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (files: readonly string[], { json }: { readonly json?: boolean }) => {
    await Promise.all(files.map((file) => access(file)));
    const audit = await auditLogs(files.map(openLog));
    const [notLog] = audit.notLogs;
    if (notLog !== undefined) throw new Error(`a file as --log-file writes it is required, no line of ${notLog} is an entry of a log`);
    process.stdout.write(json ? `${JSON.stringify(audit)}\n` : describeAudit(audit));
    process.exitCode = audit.lost.length === 0 ? 0 : 1;
  });

const openLog = (file: string): LogSource => ({
  name: file,
  lines: () => createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY }),
});

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`Cannot read the logs: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
