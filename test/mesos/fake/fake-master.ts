/**
 * A Mesos master with agents in this process, for behaviour that the real one does not show on demand, and for machines without a real one. It is made from the
 * protocol's description and shares no code with our client. It answers a call before it carries it out; effects come later as events. It has no reservations,
 * and no operations except LAUNCH and LAUNCH_GROUP. A framework's executor echoes messages.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { allocate } from "./allocate.ts";
import { toAmounts } from "./amounts.ts";
import { checkRequest, type Json } from "./check-request.ts";
import { EventStream } from "./event-stream.ts";
import { type AgentTask, FakeAgent, isTerminal } from "./fake-agent.ts";
import { type Framework, type LogEntry, MasterState } from "./master-state.ts";
import { performCall } from "./perform-call.ts";
import { disconnect, subscribe } from "./subscribe.ts";

export interface FakeOptions {
  readonly credentials?: ReadonlyMap<string, string>;
  readonly roles?: readonly string[];
  /** `HOST:PORT` of the leader, which makes this one a standby. */
  readonly leader?: string;
  readonly heartbeatSeconds?: number;
  /** In milliseconds: the time between offers, how long an agent may be silent, and after which time agents repeat unacknowledged updates. */
  readonly allocationInterval?: number;
  readonly longestSilence?: number;
  readonly resendAfter?: number;
  readonly random?: () => number;
}

export interface AgentOptions {
  readonly cpus?: number;
  readonly mem?: number;
  readonly disk?: number;
  /** The first and the last. */
  readonly ports?: readonly [number, number];
  readonly hostname?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export class FakeMaster {
  /** All that happened, over the ends of the master too. */
  readonly log: LogEntry[] = [];
  readonly agents: FakeAgent[] = [];
  state: MasterState;
  isRecovering = false;
  /** Types of calls that are done, but whose connection ends before the answer. Each is used once. */
  readonly lostAnswers: string[] = [];
  /** Whether every update is sent twice. */
  tellsTwice = false;
  #options: FakeOptions;
  #server: Server | undefined;
  #port = 0;
  #allocating: ReturnType<typeof setInterval> | undefined;
  #beating: ReturnType<typeof setInterval> | undefined;

  private constructor(options: FakeOptions) {
    this.#options = options;
    this.state = new MasterState(this.log);
  }

  static async start(options: FakeOptions = {}): Promise<FakeMaster> {
    const master = new FakeMaster(options);
    await master.#listen();
    return master;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  addAgent({ cpus = 2, mem = 1024, disk = 1024, ports, hostname, attributes = {} }: AgentOptions = {}): FakeAgent {
    const name = hostname ?? `agent${this.agents.length}`;
    const range = ports && [{ begin: ports[0], end: ports[1] }];
    const total = { cpus: cpus * 1000, mem: mem * 1000, disk: disk * 1000, ...toAmounts(range && [{ name: "ports", ranges: { range } }]) };
    const agent = new FakeAgent(name, total, attributes, this.#options.resendAfter ?? 10_000);
    this.agents.push(agent);
    this.#register(agent);
    return agent;
  }

  /** Freezes an agent. It is unreachable when it was so too long. */
  pauseAgent(agent: FakeAgent): void {
    agent.pause();
    setTimeout(() => agent.isPaused && this.#lose(agent), this.#options.longestSilence ?? 75_000).unref();
  }

  resumeAgent(agent: FakeAgent): void {
    agent.resume();
    if (this.state.unreachable.has(agent.id)) this.#register(agent);
  }

  /** Its tasks go on, and it registers again under the same id. */
  restartAgent(agent: FakeAgent): void {
    this.state.withdraw((offer) => offer.agent === agent, true);
    agent.tellAll();
  }

  /** Removes an agent for good, as an operator may. */
  markGone(id: string): void {
    const agent = this.state.agents.get(id);
    if (!agent) return;
    this.#lose(agent, "gone");
    agent.stop();
  }

  /** Takes offers back, as if another framework had a right to them. The event may come this many milliseconds later. */
  rescind(framework: string, later = 0): void {
    this.state.withdraw((offer) => offer.framework === framework, true, later);
  }

  /** Returns a framework's stream, so that a test can silence or cut it. */
  stream(framework: string): EventStream | undefined {
    return this.state.frameworks.get(framework)?.stream;
  }

  /** Ends the master as a power cut would, and starts it again: it knows nothing but which agents there were. */
  async restart(): Promise<void> {
    const known = this.state.agents.keys();
    await this.#close();
    this.state = new MasterState(this.log);
    for (const id of known) this.state.recovered.add(id);
    await this.#listen();
    for (const agent of this.agents) if (this.state.recovered.has(agent.id) && !agent.isPaused) this.#register(agent);
  }

  async stop(): Promise<void> {
    await this.#close();
    for (const agent of this.agents) agent.stop();
  }

  /** An agent comes, or comes back: as one that was lost, or to a master that is new. */
  #register(agent: FakeAgent): void {
    const { state } = this;
    if (agent.id === "") agent.id = state.newId("agent");
    const wasLost = state.unreachable.delete(agent.id);
    state.recovered.delete(agent.id);
    state.agents.set(agent.id, agent);
    agent.master = {
      hearUpdate: (from, task, status) => this.#pass(from, task, status),
      hearExecutor: (from, id, event) => this.#passEvent(from, id, event),
    };
    for (const task of agent.tasks.values()) {
      const framework = state.frameworks.get(task.framework);
      if (!framework) state.frameworks.set(task.framework, away(task.framework));
      // This also concerns a task that has ended, before its agent tells how.
      else if (wasLost)
        state.tellOwnStatus(framework, task.info.task_id, task.state, "REASON_AGENT_REREGISTERED", { agent_id: { value: agent.id } });
    }
    agent.tellAll();
  }

  #pass(agent: FakeAgent, task: AgentTask, status: Json): void {
    const framework = this.state.frameworks.get(task.framework);
    if (!framework || this.state.agents.get(agent.id) !== agent) return;
    for (let times = 0; times < (this.tellsTwice ? 2 : 1); times++) this.state.tellStatus(framework, status);
  }

  #passEvent(agent: FakeAgent, id: string, event: Json): void {
    const framework = this.state.frameworks.get(id);
    if (framework && this.state.agents.get(agent.id) === agent) this.state.tell(framework, event);
  }

  /** Losses of an agent's tasks are reported in arbitrary order. */
  #lose(agent: FakeAgent, how: "unreachable" | "gone" = "unreachable"): void {
    const { state } = this;
    if (!state.agents.delete(agent.id)) return;
    const nanoseconds = BigInt(Date.now()) * 1_000_000n;
    if (how === "gone") state.gone.add(agent.id);
    else state.unreachable.set(agent.id, nanoseconds);
    const agent_id = { value: agent.id };
    const tellings: (() => void)[] = [() => state.withdraw((offer) => offer.agent === agent, true)];
    for (const framework of state.frameworks.values())
      tellings.push(() => state.tell(framework, { type: "FAILURE", failure: { agent_id } }));
    for (const task of agent.tasks.values()) {
      const framework = state.frameworks.get(task.framework);
      if (!framework || isTerminal(task.state)) continue;
      const [told, reason] =
        how === "gone" ? ["TASK_GONE_BY_OPERATOR", "REASON_AGENT_REMOVED_BY_OPERATOR"] : ["TASK_UNREACHABLE", "REASON_AGENT_REMOVED"];
      const more = { agent_id, ...(how === "gone" ? {} : { unreachable_time: { nanoseconds: Number(nanoseconds) } }) };
      tellings.push(() => state.tellOwnStatus(framework, task.info.task_id, told!, reason!, more));
    }
    while (tellings.length > 0) tellings.splice(Math.floor(this.#random() * tellings.length), 1)[0]!();
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    const { allocationInterval = 20, heartbeatSeconds = 15 } = this.#options;
    this.#allocating = setInterval(() => allocate(this.state), allocationInterval);
    this.#beating = setInterval(() => {
      for (const framework of this.state.frameworks.values()) this.state.tell(framework, { type: "HEARTBEAT" });
    }, heartbeatSeconds * 1000);
  }

  async #close(): Promise<void> {
    clearInterval(this.#allocating);
    clearInterval(this.#beating);
    for (const agent of this.agents) agent.master = undefined;
    for (const framework of this.state.frameworks.values()) clearTimeout(framework.timer);
    const { state } = this;
    for (const [id, { stream }] of state.frameworks) if (stream) state.log.push({ kind: "disconnected", framework: id });
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise((resolve) => server?.close(resolve));
    server?.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => "");
    if (request.url !== "/api/v1/scheduler" && request.url !== "/master/api/v1/scheduler") return void response.writeHead(404).end();
    const checked = checkRequest(
      { method: request.method ?? "", headers: request.headers as Record<string, string | undefined>, body },
      {
        credentials: this.#options.credentials,
        leader: this.#options.leader,
        isRecovering: this.isRecovering,
        stream: (id) => {
          const framework = this.state.frameworks.get(id);
          if (!framework) return undefined;
          return framework.stream ? { id: framework.stream.id, principal: framework.info.principal } : "away";
        },
      },
    );
    if ("status" in checked) return void response.writeHead(checked.status, { ...checked.headers }).end(checked.message);
    const { call } = checked;
    if (call.type === "SUBSCRIBE") return this.#subscribe(call, response);
    const { state } = this;
    const framework = state.frameworks.get(call.framework_id.value)!;
    this.log.push({ kind: "call", framework: framework.id, call });
    const lost = this.lostAnswers.indexOf(call.type);
    if (lost >= 0) {
      this.lostAnswers.splice(lost, 1);
      request.socket.destroy();
    } else response.writeHead(202).end();
    setImmediate(() => this.state === state && performCall(state, framework, call));
  }

  #subscribe(call: Json, response: ServerResponse): void {
    const { state } = this;
    const stream = new EventStream(response, () => this.#random());
    const heartbeatSeconds = this.#options.heartbeatSeconds ?? 15;
    const framework = subscribe(state, call, stream, { heartbeatSeconds, roles: this.#options.roles, address: this.address });
    response.on("close", () => {
      if (framework?.stream === stream && this.state === state && this.#server && state.frameworks.has(framework.id))
        disconnect(state, framework);
    });
  }
}

const away = (id: string): Framework => ({
  id,
  info: { failover_timeout: 1e6 },
  stream: undefined,
  suppressed: new Set(),
  filters: [],
  timer: undefined,
});
