/** Calls → the bodies of requests. */
import type { ExecutorCall, SchedulerCall } from "./calls.ts";
import { encodeFramework, encodeId, encodeOptionalId, encodeStatus, encodeTask, encodeTime } from "./encode-shapes.ts";
import { encodeBytes, writeJson } from "./json.ts";

/** @param frameworkId Undefined only in the very first subscription. */
export function encodeSchedulerCall(call: SchedulerCall, frameworkId: string | undefined): string {
  return writeJson({ framework_id: encodeOptionalId(frameworkId), ...schedulerPayload(call, frameworkId) });
}

function schedulerPayload(call: SchedulerCall, frameworkId: string | undefined) {
  switch (call.kind) {
    case "subscribe": {
      const framework = { ...encodeFramework(call.framework), id: encodeOptionalId(frameworkId) };
      return { type: "SUBSCRIBE", subscribe: { framework_info: framework, suppressed_roles: call.suppressedRoles } };
    }
    case "teardown":
      return { type: "TEARDOWN" };
    case "accept": {
      const operations = call.launch.length === 0 ? [] : [{ type: "LAUNCH", launch: { task_infos: call.launch.map(encodeTask) } }];
      return { type: "ACCEPT", accept: { ...answered(call), operations } };
    }
    case "decline":
      return { type: "DECLINE", decline: answered(call) };
    case "revive":
      return { type: "REVIVE", revive: { roles: call.roles } };
    case "suppress":
      return { type: "SUPPRESS", suppress: { roles: call.roles } };
    case "kill": {
      const policy = call.gracePeriod === undefined ? undefined : { grace_period: encodeTime(call.gracePeriod) };
      return { type: "KILL", kill: { task_id: encodeId(call.taskId), agent_id: encodeOptionalId(call.agentId), kill_policy: policy } };
    }
    case "shutdown":
      return { type: "SHUTDOWN", shutdown: { executor_id: encodeId(call.executorId), agent_id: encodeId(call.agentId) } };
    case "acknowledge": {
      const update = { agent_id: encodeId(call.agentId), task_id: encodeId(call.taskId), uuid: call.uuid };
      return { type: "ACKNOWLEDGE", acknowledge: update };
    }
    case "reconcile": {
      const tasks = call.tasks.map(({ taskId, agentId }) => ({ task_id: encodeId(taskId), agent_id: encodeOptionalId(agentId) }));
      return { type: "RECONCILE", reconcile: { tasks } };
    }
    case "message": {
      const { executorId, agentId, data } = call;
      return { type: "MESSAGE", message: { agent_id: encodeId(agentId), executor_id: encodeId(executorId), data: encodeBytes(data) } };
    }
    case "accept-inverse-offers":
      return { type: "ACCEPT_INVERSE_OFFERS", accept_inverse_offers: answeredInverse(call) };
    case "decline-inverse-offers":
      return { type: "DECLINE_INVERSE_OFFERS", decline_inverse_offers: answeredInverse(call) };
  }
}

interface Answer {
  readonly offerIds: readonly string[];
  readonly refuseSeconds?: number;
}

const filters = ({ refuseSeconds }: Answer) => (refuseSeconds === undefined ? undefined : { refuse_seconds: refuseSeconds });
const answered = (call: Answer) => ({ offer_ids: call.offerIds.map(encodeId), filters: filters(call) });
const answeredInverse = (call: Answer) => ({ inverse_offer_ids: call.offerIds.map(encodeId), filters: filters(call) });

export interface ExecutorIdentity {
  readonly frameworkId: string;
  readonly executorId: string;
}

export function encodeExecutorCall(call: ExecutorCall, { frameworkId, executorId }: ExecutorIdentity): string {
  return writeJson({ framework_id: encodeId(frameworkId), executor_id: encodeId(executorId), ...executorPayload(call) });
}

function executorPayload(call: ExecutorCall) {
  switch (call.kind) {
    case "subscribe": {
      const updates = call.unacknowledgedUpdates.map((status) => ({ status: encodeStatus(status) }));
      return {
        type: "SUBSCRIBE",
        subscribe: { unacknowledged_tasks: call.unacknowledgedTasks.map(encodeTask), unacknowledged_updates: updates },
      };
    }
    case "update":
      return { type: "UPDATE", update: { status: encodeStatus(call.status) } };
    case "message":
      return { type: "MESSAGE", message: { data: encodeBytes(call.data) } };
    case "heartbeat":
      return { type: "HEARTBEAT" };
  }
}
