/**
 * A claim of this process. Its end is one transaction that removes the claim's znodes and changes the subtask's: it happens once, or never where the
 * session was lost, for the claim is the session's.
 *
 * What was in doubt is asked again: within one session nobody else can have removed the claim, so that its absence says that the first time was carried out.
 * Where the session is lost over that, the answer is false, though it may have been carried out: the subtask is done all the same, or claimed again.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Claim, Subtask } from "../../coordinator.ts";
import { type ClaimEnd, decideEnd, describeFailure, type Verdict } from "../../queue/claim-end.ts";
import type { SessionContext } from "../context.ts";
import { check, create, createEphemeral, type Operation, remove, set } from "../protocol/operations.ts";
import { isRefused, ZooKeeperError } from "../protocol/zookeeper-error.ts";
import type { Known } from "../watching/watched-subtasks.ts";
import { encodeRead, encodeSubtaskBody, parseSubtaskBody } from "../znodes/bodies.ts";
import { claimPath, failedName, runningPath, subtaskPath } from "../znodes/layout.ts";
import type { WorkEntry } from "./work-entry.ts";

export interface HeldClaimOptions {
  readonly context: SessionContext;
  readonly entry: WorkEntry;
  /** Where the node keeps what it holds. */
  readonly held: string;
  readonly happened: (known: Known, order: number) => void;
  readonly onEnd: (verdict: Verdict, end: ClaimEnd) => void;
}

/** Milliseconds. */
const afterDoubt = 20;

export class HeldClaim implements Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  readonly #options: HeldClaimOptions;
  readonly #controller = new AbortController();
  #state: "loading" | "running" | "ending" | "ended" = "loading";
  #isWithdrawn = false;
  /** Resolves with whether the claim's znodes may say that computing has begun. */
  #beginning: Promise<boolean> | undefined;

  constructor(options: HeldClaimOptions) {
    this.#options = options;
    this.subtask = options.entry.subtask;
    this.priority = options.entry.place().priority;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isLoading(): boolean {
    return this.#state === "loading";
  }

  /** Resolves when it is on record that computing has begun, or the claim is lost. */
  async begin(): Promise<void> {
    if (this.#state === "loading") {
      this.#state = "running";
      const { context, happened } = this.#options;
      happened({ kind: "running" }, context.session.latest);
      this.#beginning = this.#recordBegin();
    }
    await this.#beginning;
  }

  /** Nobody asks for the subtask any more. */
  withdrawn(): void {
    if (this.#state === "ending" || this.#state === "ended") return;
    this.#controller.abort(new Error(`subtask ${this.subtask.key} was withdrawn: nobody asks for it any more`));
  }

  /** The node hands it back. */
  stop(reason: Error): void {
    this.#controller.abort(reason);
  }

  lost(reason: Error): void {
    this.#state = "ended";
    this.#controller.abort(reason);
  }

  async end(end: ClaimEnd): Promise<boolean> {
    if (this.#state === "ending" || this.#state === "ended") return false;
    const before = this.#state;
    this.#state = "ending";
    try {
      const verdict = await this.#carryOut(end);
      this.#state = "ended";
      if (verdict === undefined) return false;
      this.#options.onEnd(verdict, end);
      return true;
    } catch (error) {
      if (this.#state === "ending") this.#state = before;
      throw error;
    }
  }

  /** Undefined where the claim was lost. */
  async #carryOut(end: ClaimEnd): Promise<Verdict | undefined> {
    const { context, entry, happened } = this.#options;
    let isInDoubt = false;
    let hasBegun = (await this.#beginning) ?? false;
    while (!context.lost.aborted) {
      const situation = {
        attempts: entry.attempts,
        wanted: !this.#isWithdrawn,
        begun: this.#beginning !== undefined,
        stopped: this.#controller.signal.aborted,
      };
      const verdict = decideEnd(end, situation);
      const operations = this.#describe(verdict, hasBegun);
      try {
        const order = await context.combiner.commit(operations);
        this.#learn(verdict, order, happened);
        return verdict;
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        const refused = operations[error.index]?.path;
        if (error.code === "session-lost") return undefined;
        if (error.code === "connection-loss") {
          isInDoubt = true;
          // A client that is about to close refuses at once.
          await delay(afterDoubt);
        } else if (error.code === "no-node" && refused === claimPath(context.layout, entry.hash)) {
          if (!isInDoubt) return undefined;
          this.#learn(verdict, context.session.latest, happened);
          return verdict;
        } else if (error.code === "no-node" && refused === runningPath(context.layout, entry.hash)) hasBegun = false;
        else if (error.code === "no-node" && refused === subtaskPath(context.layout, entry.hash)) this.#isWithdrawn = true;
        else if (error.code === "bad-version") await this.#readAttempts();
        else throw error;
      }
    }
    return undefined;
  }

  #describe(verdict: Verdict, hasBegun: boolean): readonly Operation[] {
    const { context, entry, held } = this.#options;
    const { layout } = context;
    const path = subtaskPath(layout, entry.hash);
    const ending = [remove(claimPath(layout, entry.hash)), remove(`${held}/${entry.hash}`)];
    if (hasBegun) ending.push(remove(runningPath(layout, entry.hash)));
    if (this.#isWithdrawn) return ending;
    switch (verdict.kind) {
      case "done":
      case "withdrawn":
        return [...ending, remove(path)];
      case "unowned": {
        const change =
          verdict.attempts === entry.attempts ? check(path) : set(path, encodeSubtaskBody({ attempts: verdict.attempts }), entry.version);
        return [...ending, change, set(layout.returned, Buffer.from(entry.hash))];
      }
      case "failed": {
        const failed = failedName(entry.hash, Date.now());
        const body = encodeSubtaskBody({ attempts: verdict.attempts, failed });
        return [...ending, set(path, body, entry.version), create(`${layout.failed}/${failed}`, encodeRead(entry.subtask))];
      }
    }
  }

  #learn(verdict: Verdict, order: number, happened: HeldClaimOptions["happened"]): void {
    const { entry } = this.#options;
    if (verdict.kind === "failed") happened({ kind: "failed", failure: describeFailure(verdict.attempts) }, order);
    // What is gone was withdrawn, or done by a second copy: the shard's next look tells which.
    else if (!this.#isWithdrawn || verdict.kind === "done") happened({ kind: verdict.kind }, order);
    if (verdict.kind !== "unowned" || verdict.attempts === entry.attempts) return;
    entry.attempts = verdict.attempts;
    entry.version++;
  }

  async #readAttempts(): Promise<void> {
    const { context, entry } = this.#options;
    const content = await context.session.get(subtaskPath(context.layout, entry.hash));
    if (content === undefined) {
      this.#isWithdrawn = true;
      return;
    }
    entry.attempts = parseSubtaskBody(content.data).attempts;
    entry.version = content.stat.version;
  }

  async #recordBegin(): Promise<boolean> {
    const { context, entry, held } = this.#options;
    const operations = [
      set(`${held}/${entry.hash}`, encodeRead(entry.subtask)),
      createEphemeral(runningPath(context.layout, entry.hash), Buffer.alloc(0)),
    ];
    for (;;) {
      try {
        await context.combiner.commit(operations);
        return true;
      } catch (error) {
        if (isRefused(error, "node-exists")) return true;
        if (!isRefused(error, "connection-loss") || context.lost.aborted) return false;
        await delay(afterDoubt);
      }
    }
  }
}
