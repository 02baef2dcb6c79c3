/** Our shapes → Mesos' JSON. Undefined fields are left out. */
import { encodeBytes } from "./json.ts";
import type {
  CommandInfo,
  ContainerInfo,
  ExecutorInfo,
  FrameworkInfo,
  Labels,
  Nanoseconds,
  Resource,
  TaskInfo,
  TaskStatus,
} from "./shapes.ts";

export const encodeId = (value: string) => ({ value });
export const encodeOptionalId = (value: string | undefined) => (value === undefined ? undefined : { value });
export const encodeTime = (nanoseconds: Nanoseconds | undefined) => (nanoseconds === undefined ? undefined : { nanoseconds });
const encodeData = (data: Uint8Array | undefined) => data && encodeBytes(data);
const encodeLabels = (labels: Labels | undefined) => labels && { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) };

function encodeResource(resource: Resource) {
  const { name, kind } = resource;
  switch (kind) {
    case "scalar":
      return { name, type: "SCALAR", scalar: { value: resource.amount / 1000 } };
    case "ranges":
      return { name, type: "RANGES", ranges: { range: resource.ranges } };
    case "set":
      return { name, type: "SET", set: { item: resource.items } };
  }
}

export const encodeFramework = (framework: FrameworkInfo) => ({
  user: framework.user,
  name: framework.name,
  id: encodeOptionalId(framework.id),
  failover_timeout: framework.failoverTimeout,
  checkpoint: framework.checkpoint,
  roles: framework.roles,
  capabilities: framework.capabilities.map((type) => ({ type })),
  hostname: framework.hostname,
  principal: framework.principal,
  webui_url: framework.webuiUrl,
  labels: encodeLabels(framework.labels),
});

const encodeCommand = (command: CommandInfo) => ({
  value: command.value,
  shell: command.arguments === undefined,
  arguments: command.arguments,
  environment: command.environment && {
    variables: Object.entries(command.environment).map(([name, value]) => ({ name, value })),
  },
  uris: command.uris?.map(({ outputFile, ...uri }) => ({ ...uri, output_file: outputFile })),
  user: command.user,
});

const encodeContainer = (container: ContainerInfo | undefined) => {
  if (container === undefined) return undefined;
  const { kind, image } = container;
  return kind === "docker"
    ? { type: "DOCKER", docker: { image } }
    : { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name: image } } } };
};

const encodeExecutor = (executor: ExecutorInfo) => ({
  type: "CUSTOM",
  executor_id: encodeId(executor.id),
  command: encodeCommand(executor.command),
  resources: executor.resources.map(encodeResource),
  name: executor.name,
  data: encodeData(executor.data),
  container: encodeContainer(executor.container),
  shutdown_grace_period: encodeTime(executor.shutdownGracePeriod),
  labels: encodeLabels(executor.labels),
});

export const encodeTask = (task: TaskInfo) => ({
  name: task.name,
  task_id: encodeId(task.id),
  agent_id: encodeId(task.agentId),
  resources: task.resources.map(encodeResource),
  command: task.command && encodeCommand(task.command),
  executor: task.executor && encodeExecutor(task.executor),
  data: encodeData(task.data),
  container: encodeContainer(task.container),
  labels: encodeLabels(task.labels),
  kill_policy: task.killGracePeriod === undefined ? undefined : { grace_period: encodeTime(task.killGracePeriod) },
});

export const encodeStatus = (status: TaskStatus) => ({
  task_id: encodeId(status.taskId),
  state: status.state,
  source: status.source,
  reason: status.reason,
  message: status.message,
  data: encodeData(status.data),
  agent_id: encodeOptionalId(status.agentId),
  executor_id: encodeOptionalId(status.executorId),
  timestamp: status.timestamp,
  uuid: status.uuid,
  labels: encodeLabels(status.labels),
});
