/** What everything that lives on one session shares. */
import type { Log } from "../../base/log.ts";
import type { Combiner } from "./protocol/combine.ts";
import type { Session } from "./protocol/session.ts";
import type { View } from "./watching/view.ts";
import type { Layout } from "./znodes/layout.ts";

export interface SessionContext {
  readonly session: Session;
  readonly combiner: Combiner;
  readonly layout: Layout;
  readonly log: Log;
  /** Aborts when the session is lost. */
  readonly lost: AbortSignal;
  /** Those that follow something, to look again after a connection was lost and found. */
  readonly views: Set<View>;
  /** The last in line for each lock, within this process. */
  readonly locks: Map<string, Promise<unknown>>;
  /** Something failed that nobody waits for. */
  readonly onError: (error: unknown) => void;
}
