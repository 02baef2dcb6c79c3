/**
 * Checks a scheduler's duties to Mesos by what the fake master saw: each offer is answered once, unless it was taken back or is void, and not at all
 * afterwards. Each delivery of an update with a uuid is acknowledged once, and updates without one are not.
 */
import type { LogEntry } from "./master-state.ts";

interface OfferSeen {
  readonly framework: string;
  answers: number;
  /** Rescinded, or void by the end of the stream: an answer may still be under way. */
  isOver: boolean;
}

export interface Audit {
  readonly offers: number;
  readonly deliveries: number;
  readonly acknowledgements: number;
  readonly faults: readonly string[];
}

export function auditLog(log: readonly LogEntry[]): Audit {
  const offers = new Map<string, OfferSeen>();
  /** The open deliveries by framework, task and uuid. A delivery before the end of a stream may be acknowledged or not. */
  const open = new Map<string, number>();
  const faults: string[] = [];
  let deliveries = 0;
  let acknowledgements = 0;
  for (const entry of log) {
    const { framework } = entry;
    if (entry.kind === "subscribed" || entry.kind === "disconnected") {
      for (const offer of offers.values()) if (offer.framework === framework) offer.isOver = true;
      for (const key of open.keys()) if (key.startsWith(`${framework} `)) open.delete(key);
    } else if (entry.kind === "event") {
      const { type, offers: made, rescind, update } = entry.event;
      if (type === "OFFERS") for (const { id } of made.offers) offers.set(id.value, { framework, answers: 0, isOver: false });
      if (type === "RESCIND") offers.get(rescind.offer_id.value)!.isOver = true;
      if (type === "UPDATE" && update.status.uuid !== undefined) {
        deliveries++;
        const key = `${framework} ${update.status.task_id.value} ${update.status.uuid}`;
        open.set(key, (open.get(key) ?? 0) + 1);
      }
    } else {
      const { type, accept, decline, acknowledge } = entry.call;
      for (const { value } of (accept ?? decline)?.offer_ids ?? []) {
        const offer = offers.get(value);
        if (!offer) faults.push(`${type} names the offer ${value}, which nobody made`);
        else if (++offer.answers > 1) faults.push(`The offer ${value} is answered ${offer.answers} times`);
      }
      if (type !== "ACKNOWLEDGE") continue;
      acknowledgements++;
      const key = `${framework} ${acknowledge.task_id.value} ${acknowledge.uuid}`;
      const left = open.get(key) ?? 0;
      if (left === 0) faults.push(`An update of ${acknowledge.task_id.value} is acknowledged more often than it was told`);
      else open.set(key, left - 1);
    }
  }
  for (const [id, { answers, isOver }] of offers) if (answers === 0 && !isOver) faults.push(`The offer ${id} is not answered`);
  for (const [key, left] of open) if (left > 0) faults.push(`Not acknowledged: ${key}`);
  return { offers: offers.size, deliveries, acknowledgements, faults };
}
