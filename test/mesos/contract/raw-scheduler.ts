/**
 * A scheduler that sends only what a test tells it to: JSON over HTTP as it is on the wire, without any of our client's code. It remembers all events, so that
 * a test may wait for one that has already come.
 */
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

// biome-ignore lint/suspicious/noExplicitAny: it is whatever Mesos sends, and the tests look into it.
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const jsonHeaders = { "content-type": "application/json", accept: "application/json" };

/** Sends anything to the scheduler's API. */
export async function send(url: string, body: unknown, headers: OutgoingHttpHeaders = jsonHeaders, method = "POST"): Promise<Answer> {
  const response = await open(url, body, headers, method);
  return { status: response.statusCode!, body: await text(response) };
}

function open(url: string, body: unknown, headers: OutgoingHttpHeaders, method: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1/scheduler`, { method, headers, agent: false }, resolve);
    sent.once("error", reject);
    sent.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

export const framework = (more: Json = {}) => ({
  user: "nobody",
  name: "contract",
  roles: ["*"],
  failover_timeout: 3600,
  checkpoint: true,
  capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
  ...more,
});

const patience = 30_000;

export class RawScheduler {
  readonly url: string;
  readonly info: Json;
  readonly events: Json[] = [];
  id = "";
  streamId = "";
  isOpen = false;
  #response: IncomingMessage | undefined;
  #wake = new Set<() => void>();

  constructor(url: string, info: Json = framework()) {
    this.url = url;
    this.info = info;
  }

  /** Subscribes, or subscribes again if it has an id; returns the first event. */
  async subscribe(more: Json = {}): Promise<Json> {
    const id = this.id ? { value: this.id } : undefined;
    const call = { type: "SUBSCRIBE", framework_id: id, subscribe: { framework_info: { ...this.info, id }, ...more } };
    const response = await open(this.url, call, jsonHeaders, "POST");
    if (response.statusCode !== 200) throw new Error(`SUBSCRIBE is refused with ${response.statusCode}: ${await text(response)}`);
    this.#response = response;
    this.streamId = `${response.headers["mesos-stream-id"] ?? ""}`;
    this.isOpen = true;
    const first = this.events.length;
    let rest = Buffer.alloc(0);
    response.on("data", (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        const end = rest.indexOf(10);
        const length = Number(rest.subarray(0, Math.max(0, end)).toString());
        if (end < 0 || rest.length < end + 1 + length) break;
        this.events.push(JSON.parse(rest.subarray(end + 1, end + 1 + length).toString()));
        rest = rest.subarray(end + 1 + length);
      }
      this.#tell();
    });
    const ended = () => {
      if (this.#response !== response) return;
      this.isOpen = false;
      this.#tell();
    };
    response.on("error", ended);
    response.on("close", ended);
    const event = await this.until(() => this.events[first], "the first event");
    if (event.type === "SUBSCRIBED") this.id = event.subscribed.framework_id.value;
    return event;
  }

  /** Makes a call on the subscription. */
  call(type: string, payload?: Json): Promise<Answer> {
    const body = { type, framework_id: { value: this.id }, ...(payload === undefined ? {} : { [type.toLowerCase()]: payload }) };
    return send(this.url, body, { ...jsonHeaders, "mesos-stream-id": this.streamId });
  }

  /** Waits until `find` returns something. */
  async until<Found>(find: () => Found | undefined | false, what: string): Promise<Found> {
    const late = Date.now() + patience;
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > late)
        throw new Error(`Not within ${patience / 1000} s: ${what}; events: ${JSON.stringify(this.events).slice(-3000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, 200);
        function wake() {
          clearTimeout(timer);
          resolve();
        }
        this.#wake.add(wake);
      });
    }
  }

  get offers(): readonly Json[] {
    return this.events.filter(({ type }) => type === "OFFERS").flatMap(({ offers }) => offers.offers);
  }

  updates(task: string): readonly Json[] {
    return this.events
      .filter(({ type, update }) => type === "UPDATE" && update.status.task_id.value === task)
      .map(({ update }) => update.status);
  }

  /** Returns the first offer of this agent, or of any, that came after the first `after` ones. */
  offer(agent?: string, after = 0): Promise<Json> {
    return this.until(() => this.offers.slice(after).find(({ agent_id }) => !agent || agent_id.value === agent), "an offer");
  }

  /** Returns the first update of a task in this state that came after the first `after` ones. */
  update(task: string, state: string, after = 0): Promise<Json> {
    const what = `${state} of ${task}`;
    return this.until(
      () =>
        this.updates(task)
          .slice(after)
          .find((status) => status.state === state),
      what,
    );
  }

  acknowledge({ agent_id, task_id, uuid }: Json): Promise<Answer> {
    return this.call("ACKNOWLEDGE", { agent_id, task_id, uuid });
  }

  launch(offer: Json, tasks: readonly Json[], filters?: Json): Promise<Answer> {
    const operations = [{ type: "LAUNCH", launch: { task_infos: tasks } }];
    return this.call("ACCEPT", { offer_ids: [offer.id], operations, filters });
  }

  closed(): Promise<boolean> {
    return this.until(() => !this.isOpen, "the end of the stream");
  }

  disconnect(): void {
    this.#response?.destroy();
  }

  #tell(): void {
    const waiting = this.#wake;
    this.#wake = new Set();
    for (const wake of waiting) wake();
  }
}

export const scalar = (name: string, value: number) => ({ name, type: "SCALAR", scalar: { value } });

/** A task for the agent of this offer that runs a shell command. */
export const commandTask = (offer: Json, id: string, command: string, more: Json = {}) => ({
  name: id,
  task_id: { value: id },
  agent_id: offer.agent_id,
  resources: [scalar("cpus", 0.1), scalar("mem", 32)],
  command: { value: command },
  ...more,
});
