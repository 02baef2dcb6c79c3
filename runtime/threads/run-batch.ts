/**
 * Runs over several partitions as one job of a thread: what is ready at the same time, of one payer, is sent to the thread once and answered once. A short run costs
 * less than its messages.
 *
 * Promises: each run ends as if it were a job of its own: it is stopped alone, and what a thread's end or another's trap did to it is not its outcome;
 * it is run alone then. Nobody waits for more to come than one turn of the event loop.
 */
import type { Payer } from "../../functions/compute/executor.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { ProgramOutcome, RunJob } from "./worker-messages.ts";
import type { Running, WorkerPool } from "./worker-pool.ts";
import { WorkerCrashed } from "./worker-thread.ts";

type Workers = Pick<WorkerPool, "run">;

interface Member {
  readonly job: RunJob;
  readonly programs: readonly ReadyProgram[];
  readonly payer: Payer;
  /** Those of its programs that are to stop. */
  readonly stopped: Set<number>;
  readonly resolve: (outcomes: readonly ProgramOutcome[]) => void;
  readonly reject: (error: unknown) => void;
  /** What it runs in, once that was sent, and the place of its first program there. */
  running?: Running;
  first: number;
  /** Milliseconds that those before it took of the thread; known when all have ended. */
  before: number;
}

/** The most runs of one job. */
const mostTogether = 16;

/** Takes runs as `WorkerPool.run` does. One for each request: what is sent together ends together. */
export function createRunBatch(workers: Workers): Workers {
  let waiting: Member[] = [];

  const sendAll = () => {
    const groups = new Map<string, Member[]>();
    for (const member of waiting) {
      const key = `${member.payer.priority} ${member.payer.client}`;
      const group = groups.get(key);
      if (group) group.push(member);
      else groups.set(key, [member]);
    }
    waiting = [];
    for (const group of groups.values())
      for (let start = 0; start < group.length; start += mostTogether) void send(group.slice(start, start + mostTogether));
  };

  /** Settles all of them. */
  const send = async (members: readonly Member[]): Promise<void> => {
    const [{ payer }] = members as readonly [Member];
    let first = 0;
    for (const member of members) {
      member.before = 0;
      member.first = first;
      first += member.programs.length;
    }
    const programs = members.flatMap((member) => member.programs);
    try {
      const running = workers.run({ kind: "run", programs: members.flatMap(({ job }) => job.programs) }, programs, payer);
      for (const member of members) {
        member.running = running;
        for (const index of member.stopped) running.stop(member.first + index);
      }
      const outcomes = await running.done;
      let before = 0;
      for (const member of members) {
        member.before = before;
        const own = outcomes.slice(member.first, member.first + member.programs.length);
        before += own.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
        if (members.length > 1 && own.some(isInterrupted)) void send([member]);
        else member.resolve(own);
      }
    } catch (error) {
      for (const member of members) {
        if (members.length > 1 && error instanceof WorkerCrashed) void send([member]);
        else member.reject(error);
      }
    }
  };

  return {
    run(job, programs, payer) {
      if (job.isTogether || payer === undefined) return workers.run(job, programs, payer);
      let member!: Member;
      const done = new Promise<readonly ProgramOutcome[]>((resolve, reject) => {
        member = { job, programs, payer, stopped: new Set(), resolve, reject, first: 0, before: 0 };
      });
      if (waiting.push(member) === 1) setImmediate(sendAll);
      return {
        done,
        begun: () => {
          const begun = member.running?.begun();
          return begun === undefined ? undefined : begun + member.before;
        },
        // Its programs are told to stop instead: they end as soon as the thread comes to them.
        cancel: () => false,
        stop(index) {
          member.stopped.add(index);
          member.running?.stop(member.first + index);
        },
      };
    },
  };
}

const isInterrupted = (outcome: ProgramOutcome): boolean => outcome.kind === "failed" && outcome.failure.kind === "interrupted";
