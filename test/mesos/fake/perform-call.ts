/** Carries out each call after it was accepted. */
import { accept, decline } from "./accept-offers.ts";
import type { Json } from "./check-request.ts";
import { type Framework, type MasterState, rolesOf } from "./master-state.ts";
import { kill, reconcile } from "./reconcile-tasks.ts";
import { remove } from "./subscribe.ts";

const effects: Readonly<Record<string, (state: MasterState, framework: Framework, payload: Json) => void>> = {
  TEARDOWN: remove,
  ACCEPT: accept,
  DECLINE: decline,
  KILL: kill,
  RECONCILE: reconcile,
  SUPPRESS(_, framework, payload) {
    for (const role of rolesIn(framework, payload)) framework.suppressed.add(role);
  },
  REVIVE(_, framework, payload) {
    const roles = rolesIn(framework, payload);
    for (const role of roles) framework.suppressed.delete(role);
    framework.filters = framework.filters.filter(({ role }) => !roles.includes(role));
  },
  MESSAGE(state, framework, { agent_id, executor_id, data }) {
    state.agents.get(agent_id.value)?.message(framework.id, executor_id.value, data);
  },
  SHUTDOWN(state, framework, { agent_id, executor_id }) {
    state.agents.get(agent_id.value)?.shutdown(framework.id, executor_id.value);
  },
  ACKNOWLEDGE(state, framework, { agent_id, task_id, uuid }) {
    state.agents.get(agent_id.value)?.acknowledge(framework.id, task_id.value, uuid);
  },
};

export function performCall(state: MasterState, framework: Framework, call: Json): void {
  effects[call.type]?.(state, framework, call[call.type.toLowerCase()] ?? {});
}

const rolesIn = (framework: Framework, { roles }: Json): readonly string[] => (roles?.length ? roles : rolesOf(framework.info));
