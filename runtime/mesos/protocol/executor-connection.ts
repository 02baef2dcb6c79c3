/**
 * An executor's subscription with the agent that started it, over TCP or the agent's domain socket.
 *
 *   subscribing → subscribed → lost → subscribing again      until `close`, or for good with a `MesosError`
 *
 * While the agent is gone it keeps trying; the reader of the events gets `disconnected` and decides how long to wait. Only the first subscription has a
 * time limit here. The agent's heartbeats are half an hour apart, so a silent stream is not given up.
 */
import type { IncomingMessage } from "node:http";
import { followSignals } from "../../../base/follow-signals.ts";
import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import type { ExecutorStatus } from "./calls.ts";
import { type Disconnected, type ExecutorConnection, MesosError } from "./connection.ts";
import { decodeExecutorEvent } from "./decode-events.ts";
import { encodeExecutorCall } from "./encode-calls.ts";
import type { ExecutorEvent } from "./events.ts";
import { describeFailure, type Endpoint, openStream, readText } from "./http-client.ts";
import { judgeSubscription } from "./judge-answer.ts";
import type { TaskInfo } from "./shapes.ts";
import { Subscription } from "./subscription.ts";

export interface ExecutorConnectionOptions {
  readonly frameworkId: string;
  readonly executorId: string;
  readonly agent: {
    readonly host: string;
    readonly port: number;
    /** The path of the executor API, such as `/slave(1)/api/v1/executor`, also over a socket. */
    readonly path: string;
    /** A Unix socket of the agent, which must be used if there is one. */
    readonly socket?: string;
  };
  /** Sent with every request; children must not know it. */
  readonly token?: string;
  /** Returns what each subscription states: tasks and updates that the agent may not know. */
  readonly unacknowledged: () => { readonly tasks: readonly TaskInfo[]; readonly updates: readonly ExecutorStatus[] };
  readonly log: Log;
  /** The most milliseconds between attempts, which are random. An agent that came back does not wait longer for its executors. */
  readonly longestBackoff?: number;
  /** The most milliseconds until the first subscription; agents give up executors after a minute. */
  readonly startTimeout?: number;
  /** The milliseconds to wait for an answer. */
  readonly patience?: number;
}

export function openExecutorConnection(options: ExecutorConnectionOptions): ExecutorConnection {
  const { agent, token, unacknowledged, log, longestBackoff = 2_000, startTimeout = 60_000, patience = 30_000 } = options;
  const closing = new AbortController();
  const endpoint: Endpoint = {
    url: new URL(
      `http://${agent.host.includes(":") && !agent.host.startsWith("[") ? `[${agent.host}]` : agent.host}:${agent.port}${agent.path}`,
    ),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    socketPath: agent.socket,
  };
  const where = agent.socket ?? endpoint.url.host;
  let subscription: Subscription | undefined;
  let wasSubscribed = false;

  async function* follow(): AsyncGenerator<ExecutorEvent | Disconnected> {
    const starting = AbortSignal.timeout(startTimeout);
    for (let lastReason = ""; ; ) {
      const isConnected = { now: false };
      const latest = yield* subscribe(isConnected, starting);
      // If the time limit cut this attempt short, the reason of the one before counts.
      const reason = !wasSubscribed && starting.aborted && lastReason !== "" ? lastReason : latest;
      if (closing.signal.aborted) return;
      if (isConnected.now) yield { kind: "disconnected", reason };
      else if (reason !== lastReason) log.warn({ agent: where, reason }, "no subscription with the Mesos agent; trying again");
      lastReason = reason;
      // At most half of the limit, so that it holds on a busy machine, too.
      await pause((Math.random() * longestBackoff) / 2, closing.signal);
      if (closing.signal.aborted) return;
      if (!wasSubscribed && starting.aborted)
        throw new MesosError("disconnected", `Cannot subscribe with the Mesos agent at ${where} within ${startTimeout} ms: ${reason}`);
    }
  }

  /** One attempt to subscribe. Returns why it failed or why the subscription ended; throws if trying again cannot help. */
  async function* subscribe(isConnected: { now: boolean }, starting: AbortSignal): AsyncGenerator<ExecutorEvent, string> {
    let current: Subscription | undefined;
    try {
      const either = followSignals([closing.signal, ...(wasSubscribed ? [] : [starting])]);
      const response = await open(either.signal).finally(() => either.release());
      current = new Subscription({ endpoint, response, longestSilence: () => undefined, patience, signals: [closing.signal] });
      for await (const record of current.records()) {
        const event = decodeExecutorEvent(record);
        if (event.kind === "subscribed") {
          subscription = current;
          wasSubscribed = true;
          isConnected.now = true;
        } else if (event.kind === "unknown" && event.problem !== undefined)
          log.warn({ type: event.type, problem: event.problem }, "an event of Mesos is not as it should be");
        yield event;
      }
      return "the stream ended";
    } catch (error) {
      if (error instanceof MesosError && !closing.signal.aborted) throw error;
      return describeFailure(error);
    } finally {
      subscription = undefined;
      current?.end(new Error("the subscription ended"));
    }
  }

  async function open(signal: AbortSignal): Promise<IncomingMessage> {
    const { tasks, updates } = unacknowledged();
    const body = encodeExecutorCall({ kind: "subscribe", unacknowledgedTasks: tasks, unacknowledgedUpdates: updates }, options);
    const response = await openStream(endpoint, body, { signal, answer: patience }).catch((error) => {
      throw signal.aborted ? new Error("no answer came", { cause: error }) : error;
    });
    const { statusCode: status = 0, headers } = response;
    const text = status === 200 ? "" : await readText(response, patience).catch(() => "");
    const verdict = judgeSubscription({ status, contentType: headers["content-type"] ?? "" }, text, false);
    switch (verdict.kind) {
      case "subscribed":
        return response;
      case "again":
        throw new Error(verdict.reason);
      case "redirected":
        throw new Error(`it redirects to ${JSON.stringify(verdict.location)}`);
      case "refused":
        throw new MesosError(verdict.code, `Cannot subscribe with the Mesos agent at ${where}: ${verdict.reason}`);
    }
  }

  return {
    events: follow(),
    async send(call) {
      if (closing.signal.aborted) throw new MesosError("closed", "The connection with the Mesos agent was closed");
      if (!subscription) throw new MesosError("disconnected", "There is no subscription with the Mesos agent now");
      await subscription.call(encodeExecutorCall(call, options));
    },
    async close() {
      closing.abort(new MesosError("closed", "The connection with the Mesos agent was closed"));
    },
  };
}
