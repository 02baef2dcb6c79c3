/** Answers a master's questions about tasks, and kills tasks. */
import type { Json } from "./check-request.ts";
import type { Framework, MasterState } from "./master-state.ts";

const reason = "REASON_RECONCILIATION";

/** Without tasks, the question is about all tasks that the master knows. */
export function reconcile(state: MasterState, framework: Framework, { tasks = [] }: Json): void {
  for (const each of tasks) reconcileOne(state, framework, each);
  if (tasks.length > 0) return;
  for (const agent of state.agents.values())
    for (const task of agent.tasks.values())
      if (task.framework === framework.id)
        state.tellOwnStatus(framework, task.info.task_id, task.state, reason, { agent_id: { value: agent.id } });
}

function reconcileOne(state: MasterState, framework: Framework, { task_id, agent_id }: Json): void {
  const known = state.findTask(framework.id, task_id.value);
  if (known) {
    state.tellOwnStatus(framework, task_id, known.task.state, reason, { agent_id: { value: known.agent.id } });
    return;
  }
  const agent: string | undefined = agent_id?.value;
  // Until they register again, nobody knows what those agents have.
  if (agent === undefined ? state.recovered.size > 0 : state.recovered.has(agent)) return;
  const since = state.unreachable.get(agent ?? "");
  const more = { agent_id, ...(since === undefined ? {} : { unreachable_time: { nanoseconds: Number(since) } }) };
  state.tellOwnStatus(framework, task_id, stateOnAgent(state, agent), reason, more);
}

function stateOnAgent(state: MasterState, agent: string | undefined): string {
  if (agent === undefined) return "TASK_UNKNOWN";
  if (state.agents.has(agent)) return "TASK_GONE";
  if (state.unreachable.has(agent)) return "TASK_UNREACHABLE";
  return state.gone.has(agent) ? "TASK_GONE_BY_OPERATOR" : "TASK_UNKNOWN";
}

export function kill(state: MasterState, framework: Framework, { task_id, agent_id }: Json): void {
  const known = state.findTask(framework.id, task_id.value);
  if (!known) reconcileOne(state, framework, { task_id, agent_id });
  else if (agent_id === undefined || agent_id.value === known.agent.id) known.agent.kill(framework.id, task_id.value);
}
