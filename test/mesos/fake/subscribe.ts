/** How a framework comes, comes again, and goes. A refusal is an event on the stream, and its end. */
import type { Json } from "./check-request.ts";
import type { EventStream } from "./event-stream.ts";
import { type Framework, hasCapability, type MasterState, rolesOf } from "./master-state.ts";

export interface SubscribeOptions {
  readonly heartbeatSeconds: number;
  /** The allowed roles; any if absent. */
  readonly roles: readonly string[] | undefined;
  readonly address: string;
}

/** Returns the framework, or undefined if it is refused. */
export function subscribe(
  state: MasterState,
  { subscribe: payload }: Json,
  stream: EventStream,
  options: SubscribeOptions,
): Framework | undefined {
  const info = payload.framework_info;
  const id: string | undefined = info.id?.value;
  const refusal =
    findRefusal(info, options.roles) ?? (id !== undefined && state.removed.has(id) ? "Framework has been removed" : undefined);
  if (refusal) {
    stream.send({ type: "ERROR", error: { message: refusal } });
    stream.end();
    return undefined;
  }
  const framework: Framework = state.frameworks.get(id ?? "") ?? {
    id: id ?? state.newId("framework"),
    info,
    stream: undefined,
    suppressed: new Set(),
    filters: [],
    timer: undefined,
  };
  state.frameworks.set(framework.id, framework);
  clearTimeout(framework.timer);
  if (framework.stream) {
    state.tell(framework, { type: "ERROR", error: { message: "Framework failed over" } });
    framework.stream.end();
  }
  state.withdraw((offer) => offer.framework === framework.id, false);
  Object.assign(framework, { info, stream, suppressed: new Set(payload.suppressed_roles ?? []), filters: [] });
  state.log.push({ kind: "subscribed", framework: framework.id });
  const [ip, port] = options.address.split(":");
  const master = { id: state.id, ip: 16777343, port: Number(port), hostname: ip, address: { hostname: ip, ip, port: Number(port) } };
  const subscribed = { framework_id: { value: framework.id }, heartbeat_interval_seconds: options.heartbeatSeconds, master_info: master };
  state.tell(framework, { type: "SUBSCRIBED", subscribed });
  state.tell(framework, { type: "HEARTBEAT" });
  for (const agent of state.agents.values()) agent.tellAll(framework.id);
  return framework;
}

/** The framework is away: its offers are void, and its time to come back begins. */
export function disconnect(state: MasterState, framework: Framework): void {
  framework.stream = undefined;
  state.log.push({ kind: "disconnected", framework: framework.id });
  state.withdraw((offer) => offer.framework === framework.id, false);
  const seconds = framework.info.failover_timeout ?? 0;
  if (seconds === 0) remove(state, framework);
  else framework.timer = setTimeout(() => remove(state, framework), Math.min(seconds * 1000, 2 ** 31 - 1)).unref();
}

/** Ends all of its tasks; nobody may subscribe with its id again. */
export function remove(state: MasterState, framework: Framework): void {
  clearTimeout(framework.timer);
  state.frameworks.delete(framework.id);
  state.removed.add(framework.id);
  state.withdraw((offer) => offer.framework === framework.id, false);
  for (const agent of state.agents.values()) agent.forget(framework.id);
  framework.stream?.end();
}

function findRefusal(info: Json, allowed: readonly string[] | undefined): string | undefined {
  const isMulti = hasCapability(info, "MULTI_ROLE");
  if (!isMulti && info.roles?.length) return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable";
  if (isMulti && info.role !== undefined) return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable";
  const roles = rolesOf(info);
  const twice = roles.filter((role, index) => roles.indexOf(role) !== index);
  if (twice.length > 0) return `'FrameworkInfo.roles' contains duplicate items: ${twice}`;
  const wrong = roles.find((role) => role !== "*" && !role.split("/").every((part) => /^(?!-|\.{1,2}$|\*$)[^\s/\\]+$/.test(part)));
  if (wrong !== undefined) return `Role '${wrong}' is invalid`;
  const refused = roles.filter((role) => allowed && role !== "*" && !allowed.includes(role));
  return refused.length > 0 ? `Roles { ${refused.join(", ")} } are not present in the master's --roles` : undefined;
}
