/** `femtoq mesos run` has jobs run on a Mesos cluster; `femtoq mesos teardown` ends a framework of ours with all its tasks. */
import { access, readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { MesosError, type MesosErrorCode } from "../../mesos/protocol/connection.ts";
import type { SchedulerRecord } from "../../mesos/record/scheduler-record.ts";
import type { Scheduler } from "../../mesos/scheduler/scheduler.ts";
import { CommandFailed, type ExitCode, exitCodes, Interrupted } from "../command-failed.ts";
import { type GetInvocation, type Invocation, print, warn } from "../invocation.ts";
import type { Access } from "./mesos-run.ts";

interface MesosOptions {
  readonly master: string;
  readonly role: string;
  readonly user?: string;
  readonly credential?: string;
  readonly ca?: string;
  readonly name: string;
  readonly state?: string;
  readonly zookeeper?: string;
  readonly zookeeperAuth?: string;
  readonly zookeeperRoot: string;
  readonly wait: number;
}

const examples = `
A file of jobs is a list in JSON:

  [
    { "id": "hello", "cpus": 1, "mem": 128, "command": "echo hello" },
    { "id": "fit", "cpus": 2, "mem": 1024, "disk": 100, "command": "./fit.sh $RUN", "env": { "RUN": "7" },
      "uris": ["http://host/fit.tar.gz"], "retries": 3,
      "constraints": [{ "attribute": "rack", "like": "r[12]" }, { "attribute": "hostname", "isNot": "old.example" }] }
  ]

cpus, mem (MB), disk (MB). retries: launches after the first where the job itself failed, 2 by default; a lost agent does not count.
attempts: launches in all. Once all have ended, the same command begins anew. Ctrl-C leaves the jobs running: the same command goes on with them, \`femtoq mesos teardown\` ends them.

Examples:
  femtoq mesos run jobs.json --master 10.0.0.1:5050
  femtoq mesos run jobs.json --master zk://zoo1:2181,zoo2:2181/mesos --json
  femtoq mesos run jobs.json --zookeeper zoo1:2181      a second process waits, and takes over where this one ends;
                                                        the record keeps the jobs' ends until \`femtoq mesos teardown\`

Exit codes: 0 all successful, 1 some failed, 2 bad file or usage, or refused, 3 no master reached, 130 Ctrl-C.`;

export function addMesosCommands(program: Command, getInvocation: GetInvocation): void {
  const mesos = program.command("mesos").description("run jobs on an Apache Mesos cluster");
  withMesosOptions(mesos.command("run"))
    .description("run the jobs of a file to their ends")
    .argument("<file>", "of jobs, as JSON")
    .option("--json", "the jobs' ends as JSON, on standard output")
    .addHelpText("after", examples)
    .action(async (file: string, options: MesosOptions & { readonly json?: boolean }) => {
      const invocation = getInvocation();
      const record = () => openRecord(invocation, { ...options, state: options.state ?? `${file}.state` });
      // Loaded here, since no other command needs what it imports.
      const { runJobsFile } = await import("./mesos-run.ts");
      const access = await readAccess(options);
      const open = (check: (record: SchedulerRecord) => void) => openFramework(invocation, options, { access, record, check });
      invocation.exitCode = await runJobsFile(invocation, { file, options, access, record, open });
    });
  withMesosOptions(mesos.command("teardown"))
    .description("end a framework for good, with all its tasks: the one of a state file, or of a record in ZooKeeper")
    .action(async (options: MesosOptions) => {
      const invocation = getInvocation();
      if (options.state === undefined && options.zookeeper === undefined)
        throw new CommandFailed(
          exitCodes.badQuery,
          "Cannot tear down: say which framework with --state FILE (jobs.json.state) or --zookeeper HOSTS",
        );
      const { state } = options;
      if (state !== undefined && options.zookeeper === undefined) {
        await access(state).catch((cause: Error) => {
          throw new CommandFailed(exitCodes.badQuery, `Cannot tear down: there is no state in ${state} (${cause.message})`, { cause });
        });
      }
      const record = await openRecord(invocation, options);
      if (record.frameworkId === undefined) {
        await record.clear();
        await record.close();
        return print(invocation, "there is no framework to end; its record is empty now");
      }
      const scheduler = await openFramework(invocation, options, { access: await readAccess(options), record: async () => record });
      const { frameworkId } = scheduler;
      await scheduler.teardown();
      await print(invocation, `ended framework ${frameworkId} with all its tasks`);
    });
}

function withMesosOptions(command: Command): Command {
  return command
    .addOption(new Option("--master <address>", "HOST:PORT,…, a URL, or zk://HOSTS/PATH").env("FEMTOQ_MESOS").default("127.0.0.1:5050"))
    .addOption(new Option("--role <role>", "whose resources are used").default("*"))
    .option("--user <name>", "whose rights the tasks have; those of the agent by default")
    .option("--credential <file>", "with principal and secret, as Mesos' own --credential takes it")
    .option("--ca <file>", "certificates (PEM) of masters with HTTPS")
    .addOption(new Option("--name <name>", "of the framework, for people").default("femtoq jobs"))
    .option("--state <file>", "where framework and launches are written down; FILE.state by default, where FILE has the jobs")
    .addOption(new Option("--zookeeper <hosts>", "write them down there instead; others that do so wait, and take over"))
    .addOption(new Option("--zookeeper-auth <name:password>", "who owns that").env("FEMTOQ_ZOOKEEPER_AUTH"))
    .addOption(new Option("--zookeeper-root <path>", "where").default("/femtoq-mesos/jobs"))
    .addOption(new Option("--wait <seconds>", "for the first answer of a master").default(15).argParser(readSeconds));
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds.");
}

async function openRecord(invocation: Invocation, options: MesosOptions): Promise<SchedulerRecord> {
  const [{ openFileRecord }, { openZooKeeperRecord }, { RecordError }] = await Promise.all([
    import("../../mesos/record/file-record.ts"),
    import("../../mesos/record/zookeeper-record.ts"),
    import("../../mesos/record/scheduler-record.ts"),
  ]);
  const { zookeeper, zookeeperAuth, zookeeperRoot, state } = options;
  try {
    if (zookeeper === undefined) return await openFileRecord(state!);
    return await openZooKeeperRecord({
      hosts: zookeeper,
      ...(zookeeperAuth !== undefined && { auth: zookeeperAuth }),
      root: zookeeperRoot,
      log: logFor(invocation),
      signal: invocation.signal,
      onWaiting: (leader) => void warn(invocation, `${leader} leads; waiting to take over`),
    });
  } catch (error) {
    if (invocation.signal.aborted) throw error;
    const code = error instanceof RecordError ? exitCodes.badQuery : exitCodes.failed;
    throw new CommandFailed(code, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const exitCodeOf: Partial<Record<MesosErrorCode, ExitCode>> = {
  "bad-address": exitCodes.notReached,
  refused: exitCodes.badQuery,
  unauthorized: exitCodes.badQuery,
};

/** Reads the credentials and certificates from their files, which must exist. */
async function readAccess({ credential, ca }: MesosOptions): Promise<Access> {
  const { readCredentials } = await import("../../mesos/protocol/credentials.ts");
  try {
    return {
      ...(credential !== undefined && { credentials: await readCredentials(credential) }),
      ...(ca !== undefined && { ca: await readFile(ca, "utf8") }),
    };
  } catch (error) {
    throw new CommandFailed(exitCodes.badQuery, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

interface Opening {
  readonly access: Access;
  readonly record: () => Promise<SchedulerRecord>;
  readonly check?: (record: SchedulerRecord) => void;
}

async function openFramework(invocation: Invocation, options: MesosOptions, { access, record: open, check }: Opening): Promise<Scheduler> {
  const { openScheduler } = await import("../../mesos/scheduler/open-scheduler.ts");
  const record = await open();
  const stopped = () => void record.close();
  invocation.signal.addEventListener("abort", stopped, { once: true });
  try {
    check?.(record);
    return await openScheduler({
      mesos: options.master,
      record,
      name: options.name,
      role: options.role,
      ...(options.user !== undefined && { user: options.user }),
      ...access,
      log: logFor(invocation),
      startTimeout: options.wait * 1000,
    });
  } catch (error) {
    await record.close();
    if (invocation.signal.aborted) throw new Interrupted("interrupted");
    if (!(error instanceof MesosError)) throw error;
    const advice = error.code === "removed" ? "; its record is of no use any more: remove it, and the jobs begin anew" : "";
    throw new CommandFailed(exitCodeOf[error.code] ?? exitCodes.failed, `${error.message}${advice}`, { cause: error });
  } finally {
    invocation.signal.removeEventListener("abort", stopped);
  }
}

function logFor(invocation: Invocation) {
  const tell = (fields: Readonly<Record<string, unknown>>, message: string) => {
    const reason = fields.reason ?? (fields.err instanceof Error ? fields.err.message : undefined);
    void warn(invocation, reason === undefined ? message : `${message}: ${String(reason)}`);
  };
  return { info() {}, warn: tell, error: tell };
}
