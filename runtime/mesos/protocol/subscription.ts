/**
 * One subscription with a master or an agent: a stream of records, and calls on another connection. It ends with the first failure of either. If the
 * answer to a call is lost, only the next subscription tells whether the call was carried out.
 */
import type { IncomingMessage } from "node:http";
import { followSignals } from "../../../base/follow-signals.ts";
import { MesosError } from "./connection.ts";
import { describeFailure, type Endpoint, readWithin, SerialCalls } from "./http-client.ts";
import { judgeCall } from "./judge-answer.ts";
import { readRecords } from "./record-io.ts";

export interface SubscriptionOptions {
  /** The endpoint for calls. */
  readonly endpoint: Endpoint;
  /** The answer to SUBSCRIBE. */
  readonly response: IncomingMessage;
  /** The milliseconds after which a silent stream is given up; never if undefined. It may change. */
  readonly longestSilence: () => number | undefined;
  /** The milliseconds to wait for the answer to a call. */
  readonly patience: number;
  /** When one of them aborts, the subscription ends with its reason. */
  readonly signals: readonly AbortSignal[];
}

export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #calls: SerialCalls;
  readonly #end = new AbortController();
  readonly #followed: ReturnType<typeof followSignals>;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#calls = new SerialCalls(options.endpoint);
    this.#followed = followSignals(options.signals);
    const { signal } = this.#followed;
    if (signal.aborted) this.end(signal.reason);
    else signal.addEventListener("abort", () => this.end(signal.reason), { once: true });
  }

  /** The records of the stream. It never returns, but throws the reason why the subscription ended. */
  async *records(): AsyncGenerator<Uint8Array> {
    const { response, longestSilence } = this.#options;
    try {
      yield* readRecords(readWithin(response, longestSilence));
      throw new Error("the stream ended");
    } catch (error) {
      throw this.#end.signal.aborted ? this.#end.signal.reason : new Error(describeFailure(error), { cause: error });
    } finally {
      this.end(new Error("the subscription ended"));
    }
  }

  async call(body: string): Promise<void> {
    const where = this.#options.endpoint.url.host;
    const lost = (reason: string, cause?: unknown) =>
      new MesosError("disconnected", `The call was not taken, or nobody knows: ${reason}`, { cause });
    const { status, text } = await this.#calls.call(body, this.#options.patience).catch((error) => {
      const reason = this.#end.signal.aborted ? describeFailure(this.#end.signal.reason) : `${where}: ${describeFailure(error)}`;
      this.end(new Error(`a call was not answered: ${reason}`, { cause: error }));
      throw lost(reason, error);
    });
    const verdict = judgeCall(status, text);
    switch (verdict.kind) {
      case "taken":
        return;
      case "refused":
        throw new MesosError("refused", `Mesos at ${where} refused a call: ${verdict.reason}`);
      case "lost":
        this.end(new Error(verdict.reason));
        throw lost(`${where}: ${verdict.reason}`);
      case "unauthorized": {
        const error = new MesosError("unauthorized", `Mesos at ${where} wants another principal or secret: ${verdict.reason}`);
        this.end(error);
        throw error;
      }
    }
  }

  end(reason: Error): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort(reason);
    this.#followed.release();
    this.#calls.close(reason);
    this.#options.response.destroy(reason);
  }
}
