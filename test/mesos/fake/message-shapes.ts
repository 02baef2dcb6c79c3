/** The shapes of calls in Mesos' message definitions: required fields, and how they are nested. */

/** A name with `!` is required. A list says what each of its elements is. */
export type Shape = "string" | "number" | "boolean" | readonly [Shape] | { readonly [field: string]: Shape };

const id: Shape = { "value!": "string" };
const range: Shape = { "begin!": "number", "end!": "number" };
const resource: Shape = {
  "name!": "string",
  "type!": "string",
  scalar: { "value!": "number" },
  ranges: { range: [range] },
  allocation_info: { role: "string" },
};
const command: Shape = {
  value: "string",
  shell: "boolean",
  arguments: ["string"],
  environment: { variables: [{ "name!": "string", value: "string" }] },
  uris: [{ "value!": "string", executable: "boolean", extract: "boolean" }],
};
const executor: Shape = { "executor_id!": id, command, resources: [resource], name: "string", data: "string", framework_id: id };
const task: Shape = {
  "name!": "string",
  "task_id!": id,
  "agent_id!": id,
  resources: [resource],
  command,
  executor,
  data: "string",
  kill_policy: { grace_period: { "nanoseconds!": "number" } },
  labels: { labels: [{ "key!": "string", value: "string" }] },
};
const filters: Shape = { refuse_seconds: "number" };
const framework: Shape = {
  "user!": "string",
  "name!": "string",
  id,
  failover_timeout: "number",
  checkpoint: "boolean",
  roles: ["string"],
  hostname: "string",
  principal: "string",
  capabilities: [{ type: "string" }],
};
const operation: Shape = {
  "type!": "string",
  launch: { task_infos: [task] },
  launch_group: { "executor!": executor, "task_group!": { tasks: [task] } },
};

/** The payload of each call; `undefined` if it has none. */
export const payloads: Readonly<Record<string, { readonly shape: Shape; readonly required: boolean } | undefined>> = {
  SUBSCRIBE: { shape: { "framework_info!": framework, suppressed_roles: ["string"] }, required: true },
  TEARDOWN: undefined,
  ACCEPT: { shape: { offer_ids: [id], operations: [operation], filters }, required: true },
  DECLINE: { shape: { offer_ids: [id], filters }, required: true },
  REVIVE: { shape: { roles: ["string"] }, required: false },
  SUPPRESS: { shape: { roles: ["string"] }, required: false },
  KILL: { shape: { "task_id!": id, agent_id: id, kill_policy: { grace_period: { "nanoseconds!": "number" } } }, required: true },
  SHUTDOWN: { shape: { "executor_id!": id, "agent_id!": id }, required: true },
  ACKNOWLEDGE: { shape: { "agent_id!": id, "task_id!": id, "uuid!": "string" }, required: true },
  RECONCILE: { shape: { tasks: [{ "task_id!": id, agent_id: id }] }, required: true },
  MESSAGE: { shape: { "agent_id!": id, "executor_id!": id, "data!": "string" }, required: true },
};

/** Returns what is wrong with a value; undefined if nothing is. */
export function findFault(shape: Shape, value: unknown, path: string): string | undefined {
  if (typeof shape === "string") return typeof value === shape ? undefined : `Expected a ${shape} for ${path}`;
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `Expected a list for ${path}`;
    return first(value.map((each, index) => findFault(shape[0], each, `${path}[${index}]`)));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `Expected an object for ${path}`;
  const fields = value as Readonly<Record<string, unknown>>;
  return first(
    Object.entries(shape).map(([key, inner]) => {
      const name = key.replace("!", "");
      const field = fields[name];
      if (field !== undefined && field !== null) return findFault(inner, field, `${path}.${name}`);
      return key === name ? undefined : `Missing required fields: ${path}.${name}`;
    }),
  );
}

const first = (faults: readonly (string | undefined)[]) => faults.find((fault) => fault !== undefined);
