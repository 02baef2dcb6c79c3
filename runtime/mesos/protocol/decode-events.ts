/**
 * Records of a stream → events. Throws if a record is no JSON or has no type, since the stream is then not Mesos'. An event of an unknown type or a wrong
 * form becomes `unknown`, so that one broken event does not end the subscription.
 */
import { z } from "zod";
import { inverseOffer, offer, taskInfo, taskStatus } from "./decode-shapes.ts";
import type { ExecutorEvent, SchedulerEvent, UnknownEvent } from "./events.ts";
import { parseJson } from "./json.ts";
import { bytes, id, list, message, nanoseconds, number, wholeNumber } from "./message-schema.ts";

/** For each type of event, how its payload becomes an event. */
type Decoders<Event> = Readonly<Record<string, z.ZodType<Event>>>;

const constant = <Event>(event: Event) => z.unknown().transform(() => event);
const errorEvent = message({ message: z.string() }).transform((fields) => ({ kind: "error" as const, ...fields }));

const address = z.object({ hostname: z.string().exactOptional(), ip: z.string().exactOptional(), port: wholeNumber });
const masterInfo = z
  .object({ address: address.exactOptional(), pid: z.string().default("") })
  .transform((info) => (info.address ? `${info.address.ip ?? info.address.hostname}:${info.address.port}` : info.pid.replace(/^.*@/, "")));

const schedulerEvents: Decoders<SchedulerEvent> = {
  SUBSCRIBED: message({ framework_id: id, heartbeat_interval_seconds: number.default(15), master_info: masterInfo.default("") }).transform(
    ({ frameworkId, heartbeatIntervalSeconds, masterInfo: master }) => ({
      kind: "subscribed" as const,
      frameworkId,
      heartbeatSeconds: heartbeatIntervalSeconds,
      master,
    }),
  ),
  HEARTBEAT: constant({ kind: "heartbeat" }),
  OFFERS: message({ offers: list(offer) }).transform((fields) => ({ kind: "offers" as const, ...fields })),
  INVERSE_OFFERS: message({ inverse_offers: list(inverseOffer) }).transform(({ inverseOffers }) => ({
    kind: "inverse-offers" as const,
    offers: inverseOffers,
  })),
  RESCIND: message({ offer_id: id }).transform((fields) => ({ kind: "rescind" as const, ...fields })),
  RESCIND_INVERSE_OFFER: message({ inverse_offer_id: id }).transform(({ inverseOfferId }) => ({
    kind: "rescind-inverse-offer" as const,
    offerId: inverseOfferId,
  })),
  UPDATE: message({ status: taskStatus }).transform((fields) => ({ kind: "update" as const, ...fields })),
  MESSAGE: message({ agent_id: id, executor_id: id, data: bytes }).transform((fields) => ({ kind: "message" as const, ...fields })),
  FAILURE: message({ agent_id: id.exactOptional(), executor_id: id.exactOptional(), status: wholeNumber.exactOptional() }).transform(
    ({ status, ...rest }) => ({ kind: "failure" as const, failure: { ...rest, ...(status !== undefined && { waitStatus: status }) } }),
  ),
  ERROR: errorEvent,
};

const executorEvents: Decoders<ExecutorEvent> = {
  SUBSCRIBED: message({ agent_info: z.object({ id: id.exactOptional() }).default({}) }).transform(({ agentInfo }) => ({
    kind: "subscribed" as const,
    ...(agentInfo.id !== undefined && { agentId: agentInfo.id }),
  })),
  LAUNCH: message({ task: taskInfo }).transform(({ task }) => ({ kind: "launch" as const, tasks: [task] })),
  LAUNCH_GROUP: z
    .object({ task_group: z.object({ tasks: list(taskInfo) }) })
    .transform(({ task_group: { tasks } }) => ({ kind: "launch" as const, tasks })),
  KILL: message({ task_id: id, kill_policy: z.object({ grace_period: nanoseconds.exactOptional() }).default({}) }).transform(
    ({ taskId, killPolicy: { grace_period: gracePeriod } }) => ({
      kind: "kill" as const,
      taskId,
      ...(gracePeriod !== undefined && { gracePeriod }),
    }),
  ),
  ACKNOWLEDGED: message({ task_id: id, uuid: z.string() }).transform((fields) => ({ kind: "acknowledged" as const, ...fields })),
  MESSAGE: message({ data: bytes }).transform((fields) => ({ kind: "message" as const, ...fields })),
  SHUTDOWN: constant({ kind: "shutdown" }),
  ERROR: errorEvent,
  HEARTBEAT: constant({ kind: "heartbeat" }),
};

const envelope = z.looseObject({ type: z.string() });
const utf8 = new TextDecoder();

function decodeEvent<Event>(record: Uint8Array, decoders: Decoders<Event>): Event | UnknownEvent {
  const found = envelope.parse(parseJson(utf8.decode(record)));
  const { type } = found;
  const decoder = Object.hasOwn(decoders, type) ? decoders[type] : undefined;
  if (!decoder) return { kind: "unknown", type };
  const decoded = decoder.safeParse(found[type.toLowerCase()]);
  return decoded.success ? decoded.data : { kind: "unknown", type, problem: z.prettifyError(decoded.error) };
}

export const decodeSchedulerEvent = (record: Uint8Array): SchedulerEvent => decodeEvent(record, schedulerEvents);
export const decodeExecutorEvent = (record: Uint8Array): ExecutorEvent => decodeEvent(record, executorEvents);
