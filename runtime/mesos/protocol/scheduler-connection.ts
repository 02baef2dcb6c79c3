/**
 * A scheduler's subscription with the leading master.
 *
 *   looking for the leader → subscribing → subscribed → lost → looking again      until `close`, or for good with a `MesosError`
 *
 * Guarantees: no call is sent before SUBSCRIBED, nor after the end of the subscription for which it was made. The secret is only sent to masters that were
 * named. A master that is silent for five heartbeats is given up. Pauses between attempts are random and double, up to 15 s.
 *
 * It ends for good after `failed-over` (another instance of the framework subscribed), after the framework's removal, and if a master refuses it. A
 * server that is no master only ends it before the first subscription; later this may be a gateway that has lost its master.
 */
import type { IncomingMessage } from "node:http";
import { followSignals } from "../../../base/follow-signals.ts";
import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import { type Backoff, pauseAfter } from "../../../base/retry.ts";
import type { Leader, Leaders } from "../leader/leaders.ts";
import type { SchedulerCall } from "./calls.ts";
import { type Disconnected, MesosError, type SchedulerConnection } from "./connection.ts";
import { authorization, type Credentials } from "./credentials.ts";
import { decodeSchedulerEvent } from "./decode-events.ts";
import { encodeSchedulerCall } from "./encode-calls.ts";
import type { SchedulerEvent } from "./events.ts";
import { describeFailure, type Endpoint, openStream, readText } from "./http-client.ts";
import { judgeSubscription, resolveRedirect } from "./judge-answer.ts";
import type { FrameworkInfo } from "./shapes.ts";
import { Subscription } from "./subscription.ts";

export interface SchedulerConnectionOptions {
  readonly leaders: Leaders;
  /** The framework; its principal is taken from the credentials. */
  readonly framework: Omit<FrameworkInfo, "principal">;
  /** Returns, at each subscription, the roles that want no offers. */
  readonly suppressedRoles?: () => readonly string[];
  readonly credentials?: Credentials;
  /** The masters' certificate authority, as PEM. */
  readonly ca?: string;
  readonly log: Log;
  /** The most milliseconds until the first subscription; no limit if absent. */
  readonly startTimeout?: number;
  /** The milliseconds to wait for the answer to a call. */
  readonly patience?: number;
  readonly backoff?: Backoff;
}

const usualBackoff: Backoff = { first: 500, longest: 15_000 };
const usualPatience = 30_000;
const mostRedirects = 5;
const mostMissedHeartbeats = 5;
/** The assumed heartbeat in seconds, until a master states its own. */
const usualHeartbeat = 15;

interface Opened {
  readonly endpoint: Endpoint;
  readonly response: IncomingMessage;
}

export function openSchedulerConnection(options: SchedulerConnectionOptions): SchedulerConnection {
  const { leaders, credentials, ca, log, startTimeout, patience = usualPatience, backoff = usualBackoff } = options;
  const closing = new AbortController();
  let frameworkId = options.framework.id;
  let subscription: Subscription | undefined;
  let wasSubscribed = false;
  let isTearingDown = false;
  let isTornDown = false;

  async function* follow(): AsyncGenerator<SchedulerEvent | Disconnected> {
    const starting = startTimeout === undefined ? undefined : AbortSignal.timeout(startTimeout);
    let lastReason = "";
    for (let failures = 0; ; ) {
      const isConnected = { since: 0 };
      const latest = yield* subscribe(isConnected, starting);
      // If the time limit cut this attempt short, the reason of the one before counts.
      const reason = !wasSubscribed && starting?.aborted && lastReason !== "" ? lastReason : latest;
      if (isConnected.since > 0) {
        yield { kind: "disconnected", reason };
        lastReason = "";
        if (performance.now() - isConnected.since > backoff.longest) failures = 0;
      }
      if (closing.signal.aborted || isTornDown) return;
      // During a teardown, the stream may end before the answer to that call arrives.
      if (reason !== lastReason && !isTearingDown)
        log.warn({ master: leaders.name, reason }, "no subscription with a Mesos master; trying again");
      lastReason = reason;
      await pauseUnlessStarting(Math.random() * pauseAfter(++failures, backoff), starting);
      if (!wasSubscribed && starting?.aborted)
        throw new MesosError("bad-address", `Cannot subscribe with the Mesos master ${leaders.name} within ${startTimeout} ms: ${reason}`);
    }
  }

  async function pauseUnlessStarting(milliseconds: number, starting: AbortSignal | undefined): Promise<void> {
    const either = followSignals([closing.signal, ...(starting && !wasSubscribed ? [starting] : [])]);
    await pause(milliseconds, either.signal);
    either.release();
  }

  /** One attempt to subscribe. Returns why it failed or why the subscription ended; throws if trying again cannot help. */
  async function* subscribe(isConnected: { since: number }, starting: AbortSignal | undefined): AsyncGenerator<SchedulerEvent, string> {
    let heartbeat = usualHeartbeat;
    try {
      const either = followSignals([closing.signal, ...(starting && !wasSubscribed ? [starting] : [])]);
      const { leader, ...opened } = await findAndOpen(either.signal).finally(() => either.release());
      const current = new Subscription({
        ...opened,
        longestSilence: () => mostMissedHeartbeats * heartbeat * 1000,
        patience,
        signals: [closing.signal, leader.replaced],
      });
      try {
        for await (const record of current.records()) {
          const event = decodeSchedulerEvent(record);
          if (event.kind === "subscribed") {
            frameworkId = event.frameworkId;
            heartbeat = event.heartbeatSeconds;
            subscription = current;
            wasSubscribed = true;
            isConnected.since = performance.now();
          } else if (event.kind === "error") throw endOf(event.message, opened.endpoint.url);
          else if (event.kind === "unknown" && event.problem !== undefined)
            log.warn({ type: event.type, problem: event.problem }, "an event of Mesos is not as it should be");
          yield event;
        }
      } finally {
        subscription = undefined;
        current.end(new Error("the subscription ended"));
      }
      return "the stream ended";
    } catch (error) {
      if (closing.signal.aborted) return "the connection was closed";
      if (error instanceof MesosError && !(error.code === "bad-address" && wasSubscribed)) throw error;
      return describeFailure(error);
    }
  }

  async function findAndOpen(signal: AbortSignal): Promise<Opened & { readonly leader: Leader }> {
    const leader = await leaders.find(signal);
    return { leader, ...(await open(leader, signal)) };
  }

  /** Sends SUBSCRIBE, following redirects. */
  async function open(leader: Leader, signal: AbortSignal): Promise<Opened> {
    const { principal } = credentials ?? {};
    const framework: FrameworkInfo = { ...options.framework, ...(principal !== undefined && { principal }) };
    const suppressedRoles = options.suppressedRoles?.() ?? [];
    const body = encodeSchedulerCall({ kind: "subscribe", framework, ...(suppressedRoles.length > 0 && { suppressedRoles }) }, frameworkId);
    let url = new URL(`${leader.url.pathname.replace(/\/$/, "")}/api/v1/scheduler`, leader.url);
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const isNamed = hops === 0 || (await leaders.isNamed(url));
      const headers: Record<string, string> = isNamed && credentials ? { authorization: authorization(credentials) } : {};
      const response = await openStream({ url, ca, headers }, body, { signal, answer: patience }).catch((error) => {
        throw new Error(`${url.host}: ${signal.aborted ? "no answer came" : describeFailure(error)}`, { cause: error });
      });
      const { statusCode: status = 0, headers: answered } = response;
      const streamId = answered["mesos-stream-id"];
      const head = { status, contentType: answered["content-type"] ?? "", location: answered.location, streamId: streamId?.toString() };
      const text = status === 200 && head.streamId ? "" : await readText(response, patience).catch(() => "");
      const verdict = judgeSubscription(head, text, true);
      switch (verdict.kind) {
        case "subscribed":
          return { endpoint: { url, ca, headers: { ...headers, "mesos-stream-id": head.streamId! } }, response };
        case "again":
          throw new Error(`${url.host}: ${verdict.reason}`);
        case "refused": {
          const note = verdict.code !== "unauthorized" ? "" : noteOnCredentials(isNamed);
          throw new MesosError(verdict.code, `Cannot subscribe with the Mesos master at ${url.host}: ${verdict.reason}${note}`);
        }
        case "redirected": {
          const next = resolveRedirect(verdict.location, url);
          if (!next) throw new Error(`${url.host}: it redirects to ${JSON.stringify(verdict.location)}, which is no address`);
          url = next;
        }
      }
    }
    throw new Error(`${leader.url.host}: masters redirect from one to the other; perhaps none leads at present`);
  }

  function noteOnCredentials(isNamed: boolean): string {
    if (!credentials) return "; no principal was given";
    return isNamed ? "" : "; the secret is only shown to masters that were named: name this one, too";
  }

  function endOf(message: string, url: URL): MesosError {
    if (message === "Framework failed over")
      return new MesosError(
        "failed-over",
        `Another instance of this framework (${frameworkId}) has subscribed at ${url.host}; this one ends`,
      );
    if (message === "Framework has been removed")
      return new MesosError("removed", `The Mesos master at ${url.host} has removed this framework (${frameworkId}) with all its tasks`);
    return new MesosError("refused", `The Mesos master at ${url.host} refuses this framework: ${message}`);
  }

  return {
    events: follow(),
    async send(call: SchedulerCall) {
      if (closing.signal.aborted) throw new MesosError("closed", "The connection with Mesos was closed");
      if (!subscription) throw new MesosError("disconnected", "There is no subscription with a Mesos master now");
      if (call.kind === "teardown") isTearingDown = true;
      await subscription.call(encodeSchedulerCall(call, frameworkId));
      // After a teardown, the stream ends without any event about it.
      if (call.kind === "teardown") isTornDown = true;
    },
    async close() {
      closing.abort(new MesosError("closed", "The connection with Mesos was closed"));
    },
  };
}
