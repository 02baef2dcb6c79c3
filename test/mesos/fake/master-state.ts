/** The state of a fake master, and the events that it sends about it. It forgets everything when it ends. */
import { type Amounts, add } from "./amounts.ts";
import type { Json } from "./check-request.ts";
import type { EventStream } from "./event-stream.ts";
import { type AgentTask, type FakeAgent, keyOf } from "./fake-agent.ts";

export interface Framework {
  readonly id: string;
  info: Json;
  stream: EventStream | undefined;
  suppressed: Set<string>;
  /** What it does not want to be offered: this much of an agent or less, for a while. */
  filters: { readonly agent: string; readonly role: string; readonly amounts: Amounts; readonly until: number }[];
  timer: ReturnType<typeof setTimeout> | undefined;
}

export interface Offer {
  readonly id: string;
  readonly framework: string;
  readonly agent: FakeAgent;
  readonly role: string;
  readonly amounts: Amounts;
}

/** What happened, for tests: accepted calls, and sent events. */
export type LogEntry =
  | { readonly kind: "call"; readonly framework: string; readonly call: Json }
  | { readonly kind: "event"; readonly framework: string; readonly event: Json }
  | { readonly kind: "subscribed"; readonly framework: string }
  | { readonly kind: "disconnected"; readonly framework: string };

export class MasterState {
  readonly id = crypto.randomUUID();
  readonly frameworks = new Map<string, Framework>();
  readonly removed = new Set<string>();
  readonly agents = new Map<string, FakeAgent>();
  /** Agents that the master before knew and that did not register again. */
  readonly recovered = new Set<string>();
  /** Since when, in nanoseconds. */
  readonly unreachable = new Map<string, bigint>();
  readonly gone = new Set<string>();
  readonly offers = new Map<string, Offer>();
  readonly log: LogEntry[];
  #next = { framework: 0, offer: 0, agent: 0 };

  constructor(log: LogEntry[]) {
    this.log = log;
  }

  newId(kind: "framework" | "offer" | "agent"): string {
    const number = this.#next[kind]++;
    return `${this.id}-${kind === "framework" ? `${number}`.padStart(4, "0") : `${kind === "offer" ? "O" : "S"}${number}`}`;
  }

  tell(framework: Framework, event: Json): void {
    if (!framework.stream) return;
    this.log.push({ kind: "event", framework: framework.id, event });
    framework.stream.send(event);
  }

  tellStatus(framework: Framework, status: Json): void {
    const { state } = status;
    const isPartition = ["TASK_UNREACHABLE", "TASK_DROPPED", "TASK_GONE", "TASK_GONE_BY_OPERATOR", "TASK_UNKNOWN"].includes(state);
    const told = isPartition && !hasCapability(framework.info, "PARTITION_AWARE") ? "TASK_LOST" : state;
    this.tell(framework, { type: "UPDATE", update: { status: { timestamp: Date.now() / 1000, ...status, state: told } } });
  }

  /** Sends a state that the master itself gives a task, which needs no acknowledgement. */
  tellOwnStatus(framework: Framework, taskId: Json, state: string, reason: string, more: Json = {}): void {
    this.tellStatus(framework, { task_id: taskId, state, source: "SOURCE_MASTER", reason, ...more });
  }

  findTask(framework: string, id: string): { readonly agent: FakeAgent; readonly task: AgentTask } | undefined {
    for (const agent of this.agents.values()) {
      const task = agent.tasks.get(keyOf(framework, id));
      if (task) return { agent, task };
    }
    return undefined;
  }

  /** The resources that are neither used nor offered; never below zero, since Mesos would then offer what does not exist. */
  free(agent: FakeAgent): Amounts {
    let free = add(agent.total, agent.used, -1);
    for (const offer of this.offers.values()) if (offer.agent === agent) free = add(free, offer.amounts, -1);
    for (const [name, amount] of Object.entries(free))
      if (amount < 0) throw new Error(`The fake master offered ${-amount / 1000} ${name} of ${agent.id} that are not there`);
    return free;
  }

  /** Takes back all offers to a framework, or of an agent; if `told`, the framework gets an event. */
  withdraw(which: (offer: Offer) => boolean, told: boolean, later = 0): void {
    for (const offer of this.offers.values()) {
      if (!which(offer)) continue;
      this.offers.delete(offer.id);
      const framework = this.frameworks.get(offer.framework);
      const tell = () => framework && this.tell(framework, { type: "RESCIND", rescind: { offer_id: { value: offer.id } } });
      if (told && later > 0) setTimeout(tell, later).unref();
      else if (told) tell();
    }
  }
}

export const hasCapability = (info: Json, name: string): boolean =>
  (info.capabilities ?? []).some(({ type }: { readonly type: string }) => type === name);

export const rolesOf = (info: Json): readonly string[] => (hasCapability(info, "MULTI_ROLE") ? (info.roles ?? []) : [info.role ?? "*"]);
