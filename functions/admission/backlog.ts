/**
 * Whether there is more to do than can be done soon. What counts is how long people wait, not how many queries there are: a client whose queries are being
 * computed does not wait, however many more of its own stand behind them. Less urgent queries do not count, for whoever is more urgent goes before
 * them. Pure.
 */
import { mostServed, mostTaken } from "../../coordination/queue/waiting-order.ts";

export interface Begun {
  readonly client: string;
  readonly address?: string | undefined;
  readonly priority: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** `waiting` for a node to begin with it. Where there is no node, waiting is not for want of speed: that is `idle`. */
  readonly state: "waiting" | "idle" | "begun";
  /** Its subtasks that no node has begun with; 0 where another query has named them. */
  readonly subtasks: number;
}

/**
 * Milliseconds until a client that has nothing here yet may expect its first subtask to be begun, at `rate` subtasks a second: all that is more urgent
 * goes first, and then every other client has a turn (`coordination/queue/waiting-order.ts`) of one subtask, or of several where there are many clients. 0 where
 * the rate is not known.
 */
export function expectedWait(
  queries: Iterable<Begun>,
  { priority, rate }: { readonly priority: number; readonly rate: number | undefined },
): number {
  if (!rate) return 0;
  let before = 0;
  const byClient = new Map<string, number>();
  for (const query of queries) {
    if (query.subtasks === 0 || query.priority > priority || query.state === "idle") continue;
    if (query.priority < priority) before += query.subtasks;
    else byClient.set(query.client, (byClient.get(query.client) ?? 0) + query.subtasks);
  }
  for (const subtasks of byClient.values()) before += byClient.size < mostServed ? 1 : Math.min(subtasks, mostTaken);
  return (before / rate) * 1000;
}

/** Milliseconds for which the client has waited that waits longest, of those of whose queries none has begun. */
export function currentWait(queries: Iterable<Begun>, { priority, now }: { readonly priority: number; readonly now: number }): number {
  const served = new Set<string>();
  const oldest = new Map<string, number>();
  for (const query of queries) {
    if (query.priority > priority || query.state === "idle") continue;
    if (query.state === "begun") served.add(query.client);
    else oldest.set(query.client, Math.min(oldest.get(query.client) ?? query.since, query.since));
  }
  let longest = 0;
  for (const [client, since] of oldest) if (!served.has(client)) longest = Math.max(longest, now - since);
  return longest;
}

/** So many clients of one address are let in, whatever they make others wait for, and what more of them may: parts of the longest wait. */
const crowds = {
  /** While nobody else is here, there is less to protect. */
  alone: { fewest: 24, share: 1 / 2 },
  /** Others may come at any moment, and should then find little before them. */
  besideOthers: { fewest: 4, share: 1 / 1000 },
};

/**
 * Whether the clients of one address, of which there are many, keep others waiting: many names may be one user, or a class of students, whose queries
 * are welcome while they begin soon.
 */
export function isCrowd(queries: readonly Begun[], newcomer: Newcomer & { readonly address: string; readonly longest: number }): boolean {
  const own = queries.filter(({ address, state }) => address === newcomer.address && state !== "idle");
  const others = queries.filter(({ address }) => address !== newcomer.address);
  const { fewest, share } = others.length === 0 ? crowds.alone : crowds.besideOthers;
  if (new Set(own.map(({ client }) => client)).size < fewest) return false;
  return Math.max(expectedWait(own, newcomer), currentWait(own, newcomer)) > newcomer.longest * share;
}

interface Newcomer {
  readonly priority: number;
  /** Subtasks a second; undefined where it is not known. */
  readonly rate: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
