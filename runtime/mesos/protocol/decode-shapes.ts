/** Mesos' JSON → our shapes. Unknown fields, and unknown kinds of resources and attributes, are skipped. */
import { z } from "zod";
import { bytes, id, labels, list, listOfKnown, message, nanoseconds, number, wholeNumber } from "./message-schema.ts";
import {
  type Attribute,
  type CommandInfo,
  type ContainerInfo,
  type ExecutorInfo,
  type InverseOffer,
  liveStates,
  type Offer,
  type Resource,
  type StatusSource,
  type TaskInfo,
  type TaskState,
  type TaskStatus,
  terminalStates,
  type Unavailability,
} from "./shapes.ts";

const scalar = z.object({ value: number });
const ranges = z.object({ range: list(z.object({ begin: wholeNumber, end: wholeNumber })) }).transform(({ range }) => range);
const set = z.object({ item: list(z.string()) }).transform(({ item }) => item);
const values = { scalar: scalar.exactOptional(), ranges: ranges.exactOptional(), set: set.exactOptional() };
/** A field whose presence matters, not its value. */
const mark = z.unknown().exactOptional();

const resource: z.ZodType<Resource | undefined> = z
  .object({
    name: z.string(),
    ...values,
    role: z.string().default("*"),
    reservation: mark,
    reservations: z.array(z.unknown()).default([]),
    revocable: mark,
    shared: mark,
    disk: mark,
    provider_id: mark,
  })
  .transform((found): Resource | undefined => {
    const { name, role, reservation, reservations, revocable, shared, disk, provider_id } = found;
    const marks = [reservation, revocable, shared, disk, provider_id];
    const isPlain = role === "*" && reservations.length === 0 && marks.every((each) => each === undefined);
    if (found.scalar) return { name, isPlain, kind: "scalar", amount: Math.round(found.scalar.value * 1000) };
    if (found.ranges) return { name, isPlain, kind: "ranges", ranges: found.ranges };
    if (found.set) return { name, isPlain, kind: "set", items: found.set };
    return undefined;
  });

const attribute: z.ZodType<Attribute | undefined> = z
  .object({ name: z.string(), ...values, text: z.object({ value: z.string() }).exactOptional() })
  .transform((found): Attribute | undefined => {
    const { name } = found;
    if (found.text) return { name, kind: "text", text: found.text.value };
    if (found.scalar) return { name, kind: "scalar", value: found.scalar.value };
    if (found.ranges) return { name, kind: "ranges", ranges: found.ranges };
    if (found.set) return { name, kind: "set", items: found.set };
    return undefined;
  });

const unavailability: z.ZodType<Unavailability> = z.object({ start: nanoseconds, duration: nanoseconds.exactOptional() });

export const offer: z.ZodType<Offer> = message({
  id,
  agent_id: id,
  hostname: z.string(),
  allocation_info: z.object({ role: z.string().default("*") }).default({ role: "*" }),
  resources: listOfKnown(resource),
  attributes: listOfKnown(attribute),
  executor_ids: list(id),
  unavailability: unavailability.exactOptional(),
}).transform(({ allocationInfo, ...rest }) => ({ ...rest, role: allocationInfo.role }));

export const inverseOffer: z.ZodType<InverseOffer> = message({ id, agent_id: id.exactOptional(), unavailability });

/** The answer of the operator API to GET_AGENTS. */
export const agentList: z.ZodType<readonly { readonly hostname: string; readonly resources: readonly Resource[] }[]> = z
  .object({
    get_agents: z.object({
      agents: list(z.object({ agent_info: z.object({ hostname: z.string() }), total_resources: listOfKnown(resource) })),
    }),
  })
  .transform(({ get_agents: { agents } }) =>
    agents.map(({ agent_info, total_resources }) => ({ hostname: agent_info.hostname, resources: total_resources })),
  );

const command: z.ZodType<CommandInfo> = message({
  value: z.string().default(""),
  shell: z.boolean().default(true),
  arguments: list(z.string()),
  environment: z.object({ variables: list(z.object({ name: z.string(), value: z.string().default("") })) }).exactOptional(),
  uris: list(
    message({
      value: z.string(),
      executable: z.boolean().exactOptional(),
      extract: z.boolean().exactOptional(),
      cache: z.boolean().exactOptional(),
      output_file: z.string().exactOptional(),
    }),
  ),
  user: z.string().exactOptional(),
}).transform(({ shell, arguments: words, environment, uris, ...rest }) => ({
  ...rest,
  ...(!shell && { arguments: words }),
  ...(environment && { environment: Object.fromEntries(environment.variables.map(({ name, value }) => [name, value])) }),
  ...(uris.length > 0 && { uris }),
}));

const image = z.object({ image: z.string() });
/** The container of a task; undefined if it runs no image. */
const container: z.ZodType<ContainerInfo | undefined> = z
  .object({
    docker: image.exactOptional(),
    mesos: z.object({ image: z.object({ docker: z.object({ name: z.string() }).exactOptional() }).exactOptional() }).exactOptional(),
  })
  .transform(({ docker, mesos }): ContainerInfo | undefined => {
    if (docker) return { kind: "docker", image: docker.image };
    const name = mesos?.image?.docker?.name;
    return name === undefined ? undefined : { kind: "mesos", image: name };
  });

/** Drops `container` if it is undefined. */
const withContainer = <Fields extends { readonly container?: ContainerInfo | undefined }>({ container: found, ...rest }: Fields) => ({
  ...rest,
  ...(found && { container: found }),
});

const executor: z.ZodType<ExecutorInfo> = message({
  executor_id: id,
  command: command.default({ value: "" }),
  resources: listOfKnown(resource),
  name: z.string().exactOptional(),
  data: bytes.exactOptional(),
  container: container.exactOptional(),
  shutdown_grace_period: nanoseconds.exactOptional(),
  labels: labels.exactOptional(),
}).transform(({ executorId, ...rest }) => withContainer({ ...rest, id: executorId }));

export const taskInfo: z.ZodType<TaskInfo> = message({
  task_id: id,
  name: z.string(),
  agent_id: id,
  resources: listOfKnown(resource),
  command: command.exactOptional(),
  executor: executor.exactOptional(),
  data: bytes.exactOptional(),
  container: container.exactOptional(),
  labels: labels.exactOptional(),
  kill_policy: z.object({ grace_period: nanoseconds.exactOptional() }).exactOptional(),
}).transform(({ taskId, killPolicy, ...rest }) =>
  withContainer({ ...rest, id: taskId, ...(killPolicy?.grace_period !== undefined && { killGracePeriod: killPolicy.grace_period }) }),
);

const taskState = z.enum([...terminalStates, ...liveStates]).catch("TASK_UNKNOWN" satisfies TaskState);
const sources = ["SOURCE_MASTER", "SOURCE_AGENT", "SOURCE_EXECUTOR"] as const satisfies readonly StatusSource[];

export const taskStatus: z.ZodType<TaskStatus> = message({
  task_id: id,
  state: taskState,
  source: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  message: z.string().exactOptional(),
  data: bytes.exactOptional(),
  agent_id: id.exactOptional(),
  executor_id: id.exactOptional(),
  timestamp: number.exactOptional(),
  uuid: z.string().exactOptional(),
  labels: labels.exactOptional(),
  unreachable_time: nanoseconds.exactOptional(),
}).transform(({ source, ...rest }) => {
  const known = sources.find((each) => each === source);
  return { ...rest, ...(known && { source: known }) };
});
