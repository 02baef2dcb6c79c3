/** Carries out `femtoq mesos run`: shows a live table on a terminal, lines elsewhere; the exit code tells how the jobs ended. */
import { readFile } from "node:fs/promises";
import { pause } from "../../../base/pause.ts";
import { displayable, escapeText } from "../../../functions/render/displayable.js";
import { byInterest, reportJob, summarize } from "../../mesos/jobs/jobs-report.ts";
import { type MasterAccess, readAgentSizes, whyOversized } from "../../mesos/jobs/oversized-jobs.ts";
import { JobsError, readJobs } from "../../mesos/jobs/read-jobs.ts";
import { runJobs } from "../../mesos/jobs/run-jobs.ts";
import { openLeaders } from "../../mesos/leader/open-leaders.ts";
import { MesosError } from "../../mesos/protocol/connection.ts";
import type { SchedulerRecord } from "../../mesos/record/scheduler-record.ts";
import type { Scheduler } from "../../mesos/scheduler/scheduler.ts";
import { isEnded, type Task } from "../../mesos/scheduler/task.ts";
import type { WantedTask } from "../../mesos/scheduler/wanted-task.ts";
import { CommandFailed, type ExitCode, exitCodes } from "../command-failed.ts";
import { drawTable } from "../draw/draw-table.ts";
import { widthOf, writeNow } from "../draw/terminal.ts";
import { type Invocation, print, warn } from "../invocation.ts";

export interface RunOptions {
  readonly master: string;
  readonly zookeeper?: string;
  readonly json?: boolean;
}

export type Access = Pick<MasterAccess, "credentials" | "ca">;

export interface JobsFile {
  readonly file: string;
  readonly options: RunOptions;
  readonly access: Access;
  readonly record: () => Promise<SchedulerRecord>;
  /** Opens the scheduler; calls `check` with the record before using it. */
  readonly open: (check: (record: SchedulerRecord) => void) => Promise<Scheduler>;
}

/** In milliseconds. */
const betweenDrawings = 250;
const betweenLooks = 10_000;
const mostRows = 20;
const betweenReasons = 5000;
const mostReasons = 50;

export async function runJobsFile(invocation: Invocation, jobsFile: JobsFile): Promise<ExitCode> {
  const run: Run = { ...jobsFile, invocation, jobs: await readFileOfJobs(jobsFile.file) };
  let told: ExitCode | undefined;
  for (;;) {
    const { code, isOver } = await lead(run, told);
    if (isOver) return code!;
    told = code;
    await warn(invocation, "this process leads no more; waiting to lead again");
  }
}

interface Run extends JobsFile {
  readonly invocation: Invocation;
  readonly jobs: readonly WantedTask[];
}

/** Leads until the framework has ended or the record is lost. `told` is the exit code, if the jobs' ends were reported before. */
async function lead(run: Run, told: ExitCode | undefined): Promise<{ readonly code: ExitCode | undefined; readonly isOver: boolean }> {
  const { invocation, jobs, options, access, record, open } = run;
  let before: SchedulerRecord | undefined;
  const scheduler = await open((found) => {
    requireSameJobs(found, jobs, options);
    before = found;
  }).catch((error: unknown) => {
    if (before?.lost.aborted && !invocation.signal.aborted) return "lost" as const;
    if (!isRemoved(error) || !before || before.tasks.length < jobs.length || !before.tasks.every(isEnded)) throw error;
  });
  if (scheduler === "lost") return { code: told, isOver: false };
  if (!scheduler) {
    // An earlier process had ended the framework, but was killed or lost its record before it could record that.
    await settle(await record(), options);
    const ended = new Map(before!.tasks.map((task) => [task.wanted.id, task]));
    const tasks = jobs.flatMap(({ id }) => ended.get(id) ?? []);
    return { code: told ?? (await tellEnds(invocation, { tasks, from: before!, options })), isOver: true };
  }
  const looking = new AbortController();
  const signal = AbortSignal.any([invocation.signal, looking.signal]);
  void tellOversized(invocation, { jobs, scheduler, master: options.master, access, signal });
  const drawing = startDrawing(invocation, scheduler, jobs, options.json === true);
  try {
    const { tasks, end } = await runJobs(scheduler, jobs, { signal: invocation.signal, onTask: drawing.note });
    drawing.end();
    if (invocation.signal.aborted) {
      await warn(invocation, "The jobs go on: the same command goes on with them, `femtoq mesos teardown` ends them.");
      return { code: exitCodes.interrupted, isOver: true };
    }
    if (end?.kind === "lost") return { code: told, isOver: false };
    const isDrawn = isTerminal(invocation.terminal.stderr);
    const code = told ?? (await tellEnds(invocation, { tasks, from: scheduler, options, isDrawn }));
    if (end) throw new CommandFailed(exitCodes.failed, "message" in end ? end.message : "the scheduler ended");
    // No job runs any more. With ZooKeeper the ends stay in the record, so that a process that waits to take over finds that all is done.
    await scheduler.teardown({ keepTasks: options.zookeeper !== undefined });
    return { code, isOver: (await scheduler.ended).kind !== "lost" };
  } finally {
    drawing.end();
    looking.abort();
    await scheduler.stop();
  }
}

const isRemoved = (error: unknown): boolean =>
  error instanceof CommandFailed && error.cause instanceof MesosError && error.cause.code === "removed";

/** Brings the record into the state after a teardown. */
async function settle(record: SchedulerRecord, { zookeeper }: RunOptions): Promise<void> {
  try {
    await (zookeeper === undefined ? record.clear() : record.write([{ kind: "framework", frameworkId: "" }]));
  } finally {
    await record.close();
  }
}

interface Ends {
  readonly tasks: readonly Task[];
  readonly from: Pick<SchedulerRecord, "frameworkId"> & Partial<Pick<Scheduler, "whyPending">>;
  readonly options: RunOptions;
  /** Whether the table's last line shows the ends already. */
  readonly isDrawn?: boolean;
}

async function tellEnds(invocation: Invocation, { tasks, from, options, isDrawn = false }: Ends): Promise<ExitCode> {
  const { frameworkId, whyPending = () => undefined } = from;
  if (options.json) {
    await print(invocation, JSON.stringify({ framework: frameworkId, jobs: tasks.map((task) => reportJob({ whyPending }, task)) }));
  } else if (!(isDrawn && isTerminal(invocation.terminal.stdout))) {
    await print(invocation, summarize(tasks));
  }
  return tasks.every(({ state }) => state === "successful") ? exitCodes.done : exitCodes.failed;
}

const isTerminal = ({ isTTY }: { readonly isTTY?: boolean }): boolean => isTTY === true;

async function readFileOfJobs(file: string): Promise<readonly WantedTask[]> {
  try {
    return readJobs(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof JobsError)
      throw new CommandFailed(exitCodes.badQuery, [`Cannot run ${file}:`, ...displayable(error.problems)].join("\n"));
    throw new CommandFailed(exitCodes.badQuery, `Cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Throws unless the record's jobs are the same as these. */
function requireSameJobs({ tasks }: SchedulerRecord, jobs: readonly WantedTask[], { zookeeper }: RunOptions): void {
  const given = new Map(jobs.map((job) => [job.id, JSON.stringify(job)]));
  const other = tasks.find(({ wanted }) => given.get(wanted.id) !== JSON.stringify(wanted));
  if (other === undefined) return;
  const which = zookeeper === undefined ? "another --state" : "another --zookeeper-root";
  throw new CommandFailed(
    exitCodes.badQuery,
    `Cannot run these jobs: the record is of others, such as ${displayable(other.wanted.id)}, which is not there or differs; give ${which}, or end those with \`femtoq mesos teardown\``,
  );
}

interface Watched {
  readonly jobs: readonly WantedTask[];
  readonly scheduler: Scheduler;
  readonly master: string;
  readonly access: Access;
  readonly signal: AbortSignal;
}

/** Reports once for each job that no agent is large enough for it. */
async function tellOversized(invocation: Invocation, { jobs, scheduler, master, access, signal }: Watched): Promise<void> {
  const log = { info() {}, warn() {}, error() {} };
  const leaders = await openLeaders({ address: master, https: access.ca !== undefined, log }).catch(() => undefined);
  if (!leaders) return;
  const told = new Set<string>();
  try {
    while (!signal.aborted) {
      const agents = (await readAgentSizes({ leaders, ...access, signal })) ?? [];
      for (const job of jobs) {
        // A job that is not recorded yet counts as pending.
        if (told.has(job.id) || (scheduler.task(job.id)?.state ?? "pending") !== "pending") continue;
        const why = whyOversized(job, agents);
        if (why === undefined) continue;
        told.add(job.id);
        await warn(invocation, `${job.id}: ${why}`);
      }
      await pause(betweenLooks, signal);
    }
  } catch (error) {
    // Offers will show it later, too.
    if (!signal.aborted) await warn(invocation, `Cannot ask the master for its agents: ${(error as Error).message}`);
  } finally {
    await leaders.close();
  }
}

/** Reports each reason for which jobs wait once, with the first such job. */
function tellWaiting(output: Invocation["terminal"]["stderr"], scheduler: Scheduler, jobs: readonly WantedTask[], told: Set<string>): void {
  const waiting = new Map<string, string[]>();
  for (const { id } of jobs) {
    const reason = scheduler.whyPending(id);
    if (reason !== undefined && !reason.startsWith("next launch")) waiting.set(reason, [...(waiting.get(reason) ?? []), id]);
  }
  for (const [reason, [first, ...others]] of waiting) {
    if (told.has(reason) || told.size >= mostReasons) continue;
    told.add(reason);
    const who = others.length === 0 ? first! : `${first} and ${others.length} more`;
    writeNow(output, `${escapeText(`${who}: PENDING: ${reason}`)}\n`);
  }
}

interface Drawing {
  readonly note: (task: Task) => void;
  readonly end: () => void;
}

function startDrawing(invocation: Invocation, scheduler: Scheduler, jobs: readonly WantedTask[], isQuiet: boolean): Drawing {
  const output = invocation.terminal.stderr;
  if (isQuiet) return { note() {}, end() {} };
  if (output.isTTY !== true) {
    const told = new Set<string>();
    const note = (task: Task) => {
      const { id, state, attempts, agent, cause } = reportJob(scheduler, task);
      const where = agent === null || task.state === "pending" ? "" : ` on ${agent}`;
      const which = attempts === 0 ? "" : ` (attempt ${attempts}${where})`;
      writeNow(
        output,
        `${escapeText(`${id}: ${state}${which}${cause === null || (task.state === "pending" && attempts === 0) ? "" : `: ${cause}`}`)}\n`,
      );
    };
    const telling = setInterval(() => tellWaiting(output, scheduler, jobs, told), betweenReasons);
    return { note, end: () => clearInterval(telling) };
  }
  let lines = 0;
  const width = widthOf(output);
  let drawn = "";
  const draw = () => {
    const tasks = jobs.flatMap(({ id }) => scheduler.task(id) ?? []);
    const rows = byInterest(tasks)
      .slice(0, mostRows)
      .map((task) => {
        const { id, state, attempts, agent, cause } = reportJob(scheduler, task);
        return [id, state, String(attempts), agent ?? "", isEnded(task) && task.state === "successful" ? "" : (cause ?? "")];
      });
    const table = drawTable(
      [{ head: "job" }, { head: "state" }, { head: "attempts", align: "right" }, { head: "agent" }, { head: "why" }],
      rows,
    );
    const more = tasks.length > mostRows ? [`… and ${tasks.length - mostRows} more`] : [];
    const text = [...table, ...more, summarize(tasks)].map((line) => [...escapeText(line)].slice(0, width).join(""));
    if (text.join("\n") === drawn) return;
    writeNow(output, `${lines > 0 ? `\u001b[${lines}A\u001b[J` : ""}${text.join("\n")}\n`);
    drawn = text.join("\n");
    lines = text.length;
  };
  const timer = setInterval(draw, betweenDrawings);
  let isOver = false;
  const end = () => {
    clearInterval(timer);
    if (!isOver) draw();
    isOver = true;
  };
  return { note() {}, end };
}
