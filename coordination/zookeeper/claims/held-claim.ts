/**
 * The claim of a subtask. Its end is one transaction that removes the claim's znodes and changes the subtask's. It happens once, or never if the
 * session is lost, since the claim belongs to the session.
 *
 * A transaction in doubt is tried again. Within one session nobody else can have removed the claim, so if it is absent, the first try was carried out. A
 * claim that is present may be another node's by then; this node's claim has this session as its owner.
 * If the session is lost meanwhile, the next session finds the outcome: the claim was ended if its znode is gone and its loss is not recorded.
 */
import type { SubtaskNews } from "../../coordinator.ts";
import { type ClaimEnd, decideEnd, describeFailure, type Verdict } from "../../queue/claim-end.ts";
import { check, create, createEphemeral, type Operation, remove, set } from "../protocol/operations.ts";
import { unlessRefused } from "../protocol/zookeeper-error.ts";
import { encodeRead, encodeSubtaskBody, parseSubtaskBody } from "../znodes/encoding.ts";
import { claimPath, failedName, runningPath, subtaskPath } from "../znodes/layout.ts";
import type { ClaimChange } from "../znodes/node-news.ts";
import type { Registration } from "../znodes/register-node.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { commitSurely, type Refusal } from "./commit-surely.ts";
import type { SubtaskEntry } from "./entries.ts";
import { SessionClaim } from "./session-claim.ts";

export interface HeldClaimOptions {
  readonly zookeeper: ZooKeeper;
  readonly entry: SubtaskEntry;
  readonly registration: Pick<Registration, "held" | "combiner">;
  /** Its entry under `held` says from the first that computing has begun. */
  readonly beginsAtOnce: boolean;
  /** Asks on the next session whether the transaction that removed this znode was carried out. */
  readonly wasCarriedOut: (path: string) => Promise<boolean>;
  readonly happened: (known: SubtaskNews, order: number) => void;
  readonly onEnd: (end: ClaimEnd, verdict: Verdict) => void;
}

/** Milliseconds from the begin of what begins at once: what has ended by then is never shown as running to other processes. */
const tellAfter = 200;

const changes: Readonly<Record<Verdict["kind"], ClaimChange>> = { done: "-", unowned: "=", withdrawn: "!", failed: "!" };

export class HeldClaim extends SessionClaim {
  readonly isCopy = false;
  readonly #options: HeldClaimOptions;
  #isWithdrawn = false;
  /** Whether the znode of this claim is gone: somebody removed it, or removed the node's znode, so that others assumed the node is dead. */
  #isForgotten = false;
  #isBegun = false;
  /** Resolves with whether `H.running` is known to be there, which tells others that computing has begun. */
  #telling: Promise<boolean> | undefined;
  #tellingLater: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HeldClaimOptions) {
    super(options.entry);
    this.#options = options;
  }

  get #heldPath(): string {
    return `${this.#options.registration.held}/${this.#options.entry.hash}`;
  }

  /** Resolves when it is recorded that computing has begun, or the claim is lost. */
  async begin(): Promise<void> {
    if (this.isLoading && !this.isEnded) {
      this.isLoading = false;
      const { zookeeper, happened } = this.#options;
      happened({ kind: "running" }, zookeeper.session.latest);
      this.#isBegun = true;
      if (this.#options.beginsAtOnce) this.#tellingLater = setTimeout(() => this.#tell(), tellAfter);
      else this.#telling = this.#recordBegin(set(this.#heldPath, encodeRead(this.#options.entry.subtask)));
    }
    if (!this.#options.beginsAtOnce) await this.#telling;
  }

  #tell(): void {
    if (this.isEnded || this.isComputed) return;
    this.#telling = this.#recordBegin(check(this.#heldPath)).catch((error: unknown) => {
      this.#options.zookeeper.onError(error);
      return false;
    });
  }

  protected async carryOut(end: ClaimEnd): Promise<boolean> {
    const { zookeeper, entry, registration } = this.#options;
    // The server handles the requests of a session in order, so the end need not wait for the answer about the begin.
    let isMarked = this.#telling !== undefined;
    clearTimeout(this.#tellingLater);
    const decide = () =>
      decideEnd(end, {
        attempts: entry.attempts,
        wanted: !this.#isWithdrawn,
        begun: this.#isBegun,
        stopped: this.signal.aborted,
      });
    /** Whether others put znodes below the subtask's, so that it cannot be removed; it then fails. */
    let isStuck = false;
    let verdict = decide();
    let isMarkKnown = false;
    const known = await commitSurely<{ readonly isOurs: boolean; readonly order: number }>(zookeeper, {
      describe: () => {
        verdict = isStuck ? { kind: "failed", attempts: { ...entry.attempts, causes: [stuck(zookeeper, entry)] } } : decide();
        return this.#describe(verdict, isMarked);
      },
      commit: (operations) => registration.combiner.commit(operations, `${this.#isWithdrawn ? "!" : changes[verdict.kind]}${entry.hash}`),
      onDone: (order) => ({ isOurs: true, order }),
      // Once the znode below `held` is gone, the transaction does not tell whose claim it removes, so the claim's owner is read first.
      onDoubt: async () => (this.#isForgotten && !(await this.#isThere()) ? { isOurs: true, order: zookeeper.session.latest } : undefined),
      onRefused: async ({ code, path, wasInDoubt }: Refusal) => {
        if (code === "bad-version") await this.#readAttempts();
        else if (code === "not-empty" && path === subtaskPath(zookeeper.layout, entry.hash)) isStuck = true;
        else if (code !== "no-node") return "unknown";
        else if (path === claimPath(zookeeper.layout, entry.hash) || !(await this.#isThere())) {
          if (!wasInDoubt) await this.#leaveNothing();
          return { isOurs: wasInDoubt, order: zookeeper.session.latest };
        } else if (path === this.#heldPath) this.#isForgotten = true;
        else if (path === runningPath(zookeeper.layout, entry.hash)) {
          isMarked = !isMarkKnown && ((await this.#telling) ?? false);
          isMarkKnown = true;
        } else if (path === subtaskPath(zookeeper.layout, entry.hash)) this.#isWithdrawn = true;
        else return "unknown";
        return "again";
      },
    });
    if (known === undefined) return this.#options.wasCarriedOut(this.#heldPath);
    if (!known.isOurs) return false;
    this.#learn(verdict, known.order);
    this.#options.onEnd(end, verdict);
    return true;
  }

  /** Whether the znode of this claim exists, with this session as its owner, rather than a later claim of another node. */
  async #isThere(): Promise<boolean> {
    const { zookeeper, entry } = this.#options;
    return isOwn(zookeeper, claimPath(zookeeper.layout, entry.hash));
  }

  /** Removes the claim's other znodes after somebody has removed the claim; they would stay as long as the session. */
  async #leaveNothing(): Promise<void> {
    const { zookeeper, entry } = this.#options;
    const running = runningPath(zookeeper.layout, entry.hash);
    const own = [this.#heldPath, ...((await isOwn(zookeeper, running)) ? [running] : [])];
    await Promise.all(own.map((path) => unlessRefused(["no-node"], () => zookeeper.session.commit([remove(path)]))));
  }

  #describe(verdict: Verdict, isMarked: boolean): readonly Operation[] {
    const { zookeeper, entry } = this.#options;
    const { layout } = zookeeper;
    const path = subtaskPath(layout, entry.hash);
    const ending = [remove(claimPath(layout, entry.hash))];
    if (!this.#isForgotten) ending.push(remove(this.#heldPath));
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
        return [...ending, set(path, body, entry.version), create(`${layout.failed}/${failed}`, encodeRead(entry.subtask))];
      }
    }
  }

  #learn(verdict: Verdict, order: number): void {
    const { entry, happened } = this.#options;
    if (verdict.kind === "failed") happened({ kind: "failed", failure: describeFailure(verdict.attempts) }, order);
    // A subtask that is gone was withdrawn or done by a second copy; the next look at its shard tells which.
    else if (!this.#isWithdrawn || verdict.kind === "done") happened({ kind: verdict.kind }, order);
    if (verdict.kind !== "unowned" || verdict.attempts === entry.attempts) return;
    entry.attempts = verdict.attempts;
    entry.version++;
  }

  async #readAttempts(): Promise<void> {
    const { zookeeper, entry } = this.#options;
    const content = await zookeeper.session.get(subtaskPath(zookeeper.layout, entry.hash));
    if (content === undefined) {
      this.#isWithdrawn = true;
      return;
    }
    entry.attempts = parseSubtaskBody(content.data).attempts;
    entry.version = content.stat.version;
  }

  /**
   * Tells watchers that computing has begun, in one transaction with what concerns the entry under `held`: it is changed, so that losing the claim counts
   * from now on, or it must be there.
   */
  async #recordBegin(entryUnderHeld: Operation): Promise<boolean> {
    const { zookeeper, entry } = this.#options;
    const begun = await commitSurely(zookeeper, {
      describe: () => [entryUnderHeld, createEphemeral(runningPath(zookeeper.layout, entry.hash), Buffer.alloc(0))],
      onDone: () => true,
      onRefused: ({ code }) => code === "node-exists",
    });
    return begun ?? false;
  }
}

async function isOwn({ session }: ZooKeeper, path: string): Promise<boolean> {
  return (await session.get(path))?.stat.ephemeralOwner.toString("hex") === session.id;
}

const stuck = ({ layout }: ZooKeeper, { hash }: SubtaskEntry): string =>
  `its znode ${subtaskPath(layout, hash)} cannot be removed, for something is below it: remove that, and retry`;
