/**
 * The program that a Mesos agent starts as an executor: it runs a compute node or a command for each of its tasks (`executor/run-executor.ts`).
 * Its exit code is 0 when all updates are delivered, 1 if it could not speak with the agent, 2 if no agent started it.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createLog } from "../observe/log.ts";
import { type ExecutorEnvironment, readEnvironment, secretVariables } from "./executor/environment.ts";
import { Outbox } from "./executor/outbox.ts";
import { runExecutor } from "./executor/run-executor.ts";
import type { ExecutorConnection } from "./protocol/connection.ts";
import { openExecutorConnection } from "./protocol/executor-connection.ts";

const environment = read();
for (const name of secretVariables) delete process.env[name];
const log = createLog({ logLevel: "info" });
const { executorId, frameworkId, agent, token, checkpoint } = environment;
const outbox = new Outbox({ executorId, send: (status) => connection.send({ kind: "update", status }), log });
const connection: ExecutorConnection = openExecutorConnection({
  frameworkId,
  executorId,
  agent,
  ...(token !== undefined && { token }),
  ...(checkpoint && { longestBackoff: checkpoint.longestBackoff }),
  unacknowledged: () => outbox.describe(),
  log,
});
try {
  await runExecutor({
    connection,
    outbox,
    environment,
    childEnvironment: process.env,
    nodeCommand: [process.execPath, "--import", import.meta.resolve("tsx"), fileURLToPath(new URL("../start.ts", import.meta.url))],
    log,
  });
  process.exit(0);
} catch (error) {
  log.error({ err: error }, "the executor ends");
  process.exit(1);
}

function read(): ExecutorEnvironment {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}
