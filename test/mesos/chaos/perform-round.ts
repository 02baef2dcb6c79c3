/** Performs one round: jobs run on a real Mesos of three agents, which is disturbed meanwhile, by `femtoq mesos run`, which is killed and restarted. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type MesosAgent, type MesosMaster, startAgent, startMaster } from "../../servers/mesos/start-mesos.ts";
import { type Audit, auditLog } from "../fake/audit-log.ts";
import { type Harm, inflict } from "./harms.ts";
import { findFaults, makeJobs } from "./jobs.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

export interface MesosRound {
  readonly directory: string;
  readonly jobs: number;
  readonly harms: readonly Harm[];
  readonly random: () => number;
  readonly tell: (what: string) => void;
}

export interface MesosRoundReport {
  readonly seconds: number;
  readonly attempts: number;
  readonly starts: number;
  readonly audit: Omit<Audit, "faults">;
  readonly faults: readonly string[];
}

const femtoq = fileURLToPath(new URL("../../../runtime/femtoq.ts", import.meta.url));
const resources = "cpus:4;mem:2048;disk:1024";

export async function performRound({ directory, jobs: count, harms, random, tell }: MesosRound): Promise<MesosRoundReport> {
  await mkdir(directory, { recursive: true });
  const jobs = makeJobs(directory, count);
  const file = join(directory, "jobs.json");
  await writeFile(file, JSON.stringify(jobs));
  const found = await startMaster({ pings: { seconds: 1, times: 2 }, environment: { MESOS_ALLOCATION_INTERVAL: "100ms" } });
  if ("missing" in found) throw new Error(`There is ${found.missing}`);
  const master: MesosMaster = found;
  const agents: MesosAgent[] = await Promise.all([0, 1, 2].map(() => startAgent({ master, resources })));
  const proxy = await startRecordingProxy(master.port, random);
  const begun = performance.now();
  let starts = 0;
  let child: ChildProcess;
  const run = async (): Promise<string> => {
    for (;;) {
      starts++;
      const parameters = ["--import", "tsx", femtoq, "mesos", "run", file, "--master", proxy.address, "--json", "--wait", "60"];
      const process_ = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "pipe"] });
      child = process_;
      const [output, said, [code, signal]] = await Promise.all([text(process_.stdout), text(process_.stderr), once(process_, "exit")]);
      // It may be killed after it has reported how all jobs ended.
      if (output.endsWith("\n") && (signal !== null || code <= 1)) return output;
      tell(`the scheduler ended with ${signal ?? code}${signal ? "" : `: ${said.slice(-500)}`}`);
      if (signal === null) throw new Error(`femtoq mesos run ended with code ${code}: ${said}`);
    }
  };
  try {
    let isOver = false;
    const running = run().finally(() => {
      isOver = true;
    });
    const harming = (async () => {
      for (const harm of harms) {
        await delay(500 + random() * 1500);
        if (isOver) return;
        tell(harm);
        await inflict(harm, { master, agents, killScheduler: async () => void child.kill("SIGKILL"), replaceAgent }, random);
      }
    })();
    const [output] = await Promise.all([running, harming]);
    const ends = JSON.parse(output).jobs;
    const { faults, ...audit } = auditLog(proxy.log());
    const attempts = ends.reduce((sum: number, end: { readonly attempts: number }) => sum + end.attempts, 0);
    const wrong = [...(await findFaults(directory, jobs, ends)), ...faults];
    return { seconds: (performance.now() - begun) / 1000, attempts, starts, audit, faults: wrong };
  } finally {
    child!.kill("SIGKILL");
    await proxy.stop();
    await Promise.all([master, ...agents].map((each) => each.stop()));
  }

  async function replaceAgent(lost: MesosAgent): Promise<void> {
    agents[agents.indexOf(lost)] = await startAgent({ master, resources });
  }
}
