/**
 * Tasks and an executor of Femtoq's that talk with each other on an Apache Mesos cluster: `npx tsx examples/mesos-dispatcher.ts HOST:PORT`.
 * Each task's updates must carry the payload that the task was launched with. When a task has finished its executor is sent a message, which it sends
 * back. Messages may be lost, so each is sent again until its echo is there. The agents find Node and this project under the same paths as here.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openFileRecord } from "../runtime/mesos/record/file-record.ts";
import { openScheduler } from "../runtime/mesos/scheduler/open-scheduler.ts";
import { isEnded } from "../runtime/mesos/scheduler/task.ts";

const [mesos] = process.argv.slice(2);
if (mesos === undefined) {
  process.stderr.write("Usage: npx tsx examples/mesos-dispatcher.ts HOST:PORT\n");
  process.exit(2);
}

const payload = Buffer.from("data with a \0 byte");
const ids = ["1", "2", "3", "4", "5"];
const warn = (_fields: object, message: string) => void process.stderr.write(`${message}\n`);
const program = [
  process.execPath,
  "--import",
  import.meta.resolve("tsx"),
  fileURLToPath(new URL("../runtime/mesos/executor.ts", import.meta.url)),
];

const directory = await mkdtemp(join(tmpdir(), "mesos-dispatcher-"));
const scheduler = await openScheduler({
  mesos,
  name: "dispatcher",
  record: await openFileRecord(join(directory, "state")),
  log: { info() {}, warn, error: warn },
  startTimeout: 30_000,
});
try {
  await dispatch();
} finally {
  await scheduler.teardown();
  await rm(directory, { recursive: true });
}

async function dispatch(): Promise<void> {
  const echoes = new Set<string>();
  const messageTo = (id: string) => Buffer.concat([payload, Buffer.from(id)]);
  let isOver = (_error?: Error) => {};
  const over = new Promise<void>((resolve, reject) => {
    isOver = (error) => (error ? reject(error) : resolve());
  });
  const say = (id: string) => scheduler.send(id, messageTo(id)).catch((error: Error) => warn({}, error.message));
  scheduler.follow((news) => {
    if (news.kind === "message") {
      const id = ids.find((each) => messageTo(each).equals(news.data));
      if (id === undefined) return isOver(new Error("an echo is not what was sent"));
      if (!echoes.has(id)) process.stdout.write(`task ${id}: its message came back\n`);
      if (echoes.add(id).size === ids.length) isOver();
    } else if (news.kind === "task" && isEnded(news.task)) {
      const { state, cause, wanted } = news.task;
      if (state !== "successful") return isOver(new Error(`task ${wanted.id} ${state}: ${cause}`));
      // Only what the executor says has data: an agent or a master that speaks of a task has none.
      if (news.data && !payload.equals(news.data)) return isOver(new Error(`task ${wanted.id} finished with other data`));
      process.stdout.write(`task ${wanted.id}: finished\n`);
      void say(wanted.id);
    }
  });
  const again = setInterval(() => {
    for (const id of ids) if (scheduler.task(id)?.state === "successful" && !echoes.has(id)) void say(id);
  }, 2_000);
  try {
    await scheduler.want(
      ids.map((id) => ({
        id,
        resources: { cpus: 1, mem: 128 },
        run: { kind: "executor", id: "default", command: { value: program[0]!, arguments: program } },
        payload: payload.toString("base64"),
        attempts: 1,
      })),
    );
    await Promise.race([over, scheduler.ended.then(() => Promise.reject(new Error("the scheduler ended")))]);
  } finally {
    clearInterval(again);
  }
}
