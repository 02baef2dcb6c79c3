/**
 * A claim of this process. Its end is one transaction that removes the claim's znodes and changes the subtask's: it happens once, or never where the
 * session was lost, for the claim is the session's.
 *
 * What was in doubt is asked again: within one session nobody else can have removed the claim, so that its absence says that the first time was carried out.
 * Where the session is lost over that, the answer is false, though it may have been carried out: the subtask is done all the same, or claimed again.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Claim, Subtask } from "../../coordinator.ts";
import { type ClaimEnd, describeFailure, settle, type Verdict } from "../../embedded/state.ts";
import type { SessionContext } from "../context.ts";
import { check, create, createEphemeral, type Operation, remove, set } from "../protocol/operations.ts";
import { isRefused, ZooKeeperError } from "../protocol/zookeeper-error.ts";
import type { Known } from "../watching/watched-subtasks.ts";
import { encodeSubtaskBody, parseSubtaskBody } from "../znodes/bodies.ts";
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

/** Milliseconds: what computes for a shorter time does not say so to other processes. */
const markAfter = 50;
const afterDoubt = 20;

export class HeldClaim implements Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  readonly #options: HeldClaimOptions;
  readonly #controller = new AbortController();
  #state: "loading" | "running" | "ending" | "ended" = "loading";
  #isWithdrawn = false;
  #marker: ReturnType<typeof setTimeout> | undefined;
  #marking: Promise<boolean> | undefined;

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

  readonly running = (): void => {
    if (this.#state !== "loading") return;
    this.#state = "running";
    const { context, happened } = this.#options;
    happened({ kind: "running" }, context.session.latest);
    this.#marker = setTimeout(() => {
      this.#marking = this.#mark();
    }, markAfter);
  };

  // Claims are passed on in parts: these work on their own.
  readonly complete = (): Promise<boolean> => this.end({ kind: "complete" });
  readonly fail = (cause: string, options?: { readonly permanent?: boolean }): Promise<boolean> =>
    this.end({ kind: "fail", cause, permanent: options?.permanent ?? false });
  readonly release = (): Promise<boolean> => this.end({ kind: "release" });

  /** Nobody asks for the subtask any more. */
  withdrawn(): void {
    if (this.#state === "ending" || this.#state === "ended") return;
    this.#controller.abort(new Error(`subtask ${this.subtask.key} was withdrawn: nobody asks for it any more`));
  }

  lost(reason: Error): void {
    this.#state = "ended";
    clearTimeout(this.#marker);
    this.#controller.abort(reason);
  }

  async end(end: ClaimEnd): Promise<boolean> {
    if (this.#state === "ending" || this.#state === "ended") return false;
    const before = this.#state;
    this.#state = "ending";
    clearTimeout(this.#marker);
    try {
      const verdict = await this.#settle(end);
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
  async #settle(end: ClaimEnd): Promise<Verdict | undefined> {
    const { context, entry, happened } = this.#options;
    let isInDoubt = false;
    let isMarked = (await this.#marking) ?? false;
    while (!context.lost.aborted) {
      const situation = { attempts: entry.attempts, wanted: !this.#isWithdrawn, stopped: this.#controller.signal.aborted };
      const verdict = settle(end, situation);
      const operations = this.#describe(verdict, isMarked);
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
        } else if (error.code === "no-node" && refused === runningPath(context.layout, entry.hash)) isMarked = false;
        else if (error.code === "no-node" && refused === subtaskPath(context.layout, entry.hash)) this.#isWithdrawn = true;
        else if (error.code === "bad-version") await this.#readAttempts();
        else throw error;
      }
    }
    return undefined;
  }

  #describe(verdict: Verdict, isMarked: boolean): readonly Operation[] {
    const { context, entry, held } = this.#options;
    const { layout } = context;
    const path = subtaskPath(layout, entry.hash);
    const ending = [remove(claimPath(layout, entry.hash)), remove(`${held}/${entry.hash}`)];
    if (isMarked) ending.push(remove(runningPath(layout, entry.hash)));
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
        return [...ending, set(path, body, entry.version), create(`${layout.failed}/${failed}`)];
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

  /** Says that it computes, to processes that watch. */
  async #mark(): Promise<boolean> {
    const { context, entry } = this.#options;
    try {
      await context.combiner.commit([
        check(claimPath(context.layout, entry.hash)),
        createEphemeral(runningPath(context.layout, entry.hash), Buffer.alloc(0)),
      ]);
      return true;
    } catch (error) {
      // In doubt it may be there: its removal is tried.
      if (!(error instanceof ZooKeeperError)) throw error;
      return isRefused(error, "connection-loss");
    }
  }
}
