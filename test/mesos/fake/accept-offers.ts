/** ACCEPT and DECLINE. What is wrong with them shows in events only: the call was taken before. */
import { type Amounts, add, fitsIn, toAmounts } from "./amounts.ts";
import type { Json } from "./check-request.ts";
import type { Framework, MasterState, Offer } from "./master-state.ts";

const defaultRefusal = 5;
const longestRefusal = 365 * 24 * 3600;

export function decline(state: MasterState, framework: Framework, { offer_ids = [], filters }: Json): void {
  for (const { value } of offer_ids) {
    const offer = state.offers.get(value);
    if (offer?.framework !== framework.id) continue;
    state.offers.delete(value);
    refuse(framework, offer, offer.amounts, filters);
  }
}

export function accept(state: MasterState, framework: Framework, { offer_ids = [], operations = [], filters }: Json): void {
  const ids: readonly string[] = offer_ids.map(({ value }: { readonly value: string }) => value);
  const offers = ids.map((id) => state.offers.get(id)).filter((offer) => offer?.framework === framework.id) as readonly Offer[];
  for (const { id } of offers) state.offers.delete(id);
  const tasks: readonly Json[] = operations.flatMap(({ type, launch, launch_group }: Json) =>
    type === "LAUNCH" ? (launch?.task_infos ?? []) : type === "LAUNCH_GROUP" ? (launch_group?.task_group.tasks ?? []) : [],
  );
  const [first] = offers;
  const areOfOne = offers.every(({ agent, role }) => agent === first?.agent && role === first.role);
  if (!first || offers.length < ids.length || new Set(ids).size < ids.length || !areOfOne) {
    for (const { task_id, agent_id } of tasks)
      state.tellOwnStatus(framework, task_id, "TASK_DROPPED", "REASON_INVALID_OFFERS", { agent_id });
    return;
  }
  let left = offers.reduce<Amounts>((sum, { amounts }) => add(sum, amounts), {});
  for (const info of tasks) {
    const fault = findFaultOfTask(state, framework, first, info, left);
    if (fault) {
      const more = { agent_id: info.agent_id, message: fault };
      state.tellOwnStatus(framework, info.task_id, "TASK_ERROR", "REASON_TASK_INVALID", more);
      continue;
    }
    left = add(left, neededFor(framework, first, info), -1);
    first.agent.launch(framework.id, info);
  }
  refuse(framework, first, left, filters);
}

function refuse(framework: Framework, { agent, role }: Offer, amounts: Amounts, filters: Json): void {
  const asked = filters?.refuse_seconds ?? defaultRefusal;
  const seconds = asked < 0 ? defaultRefusal : Math.min(asked, longestRefusal);
  if (seconds > 0) framework.filters.push({ agent: agent.id, role, amounts, until: Date.now() + seconds * 1000 });
}

/** An executor that already runs needs no further resources. */
function neededFor({ id }: Pick<Framework, "id">, { agent }: Offer, { resources, executor }: Json): Amounts {
  const isThere = executor && agent.executor(id, executor.executor_id.value) !== undefined;
  return add(toAmounts(resources), toAmounts(isThere ? [] : executor?.resources));
}

function findFaultOfTask(state: MasterState, { id }: Framework, offer: Offer, info: Json, left: Amounts): string | undefined {
  const { value: task } = info.task_id;
  if (task === "" || task.length > 255 || /^\.{1,2}$/.test(task)) return `'${task}' is no task id`;
  for (const char of task)
    if (char < " " || char === "/" || char === "\\" || char === "\x7f") return `'${task}' contains invalid characters`;
  if (state.findTask(id, task)) return `Task has duplicate ID: ${task}`;
  if (info.agent_id.value !== offer.agent.id)
    return `Task uses invalid agent ${info.agent_id.value} while agent ${offer.agent.id} is expected`;
  if ((info.command === undefined) === (info.executor === undefined))
    return "Task should have exactly one of CommandInfo or ExecutorInfo present";
  if (!info.resources?.length) return "Task uses no resources";
  const known = info.executor && offer.agent.executor(id, info.executor.executor_id.value);
  if (known && JSON.stringify(known) !== JSON.stringify(info.executor))
    return `ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID '${info.executor.executor_id.value}'`;
  const wanted = neededFor({ id }, offer, info);
  return fitsIn(wanted, left)
    ? undefined
    : `Total resources ${JSON.stringify(wanted)} required by task is more than available ${JSON.stringify(left)}`;
}
