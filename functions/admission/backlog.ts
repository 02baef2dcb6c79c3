/**
 * Estimates how long clients must wait. What counts is the time until something is computed for a client, not the number of queries: a client with a
 * query that is being computed does not wait, however many more it has. Less urgent queries do not count, since more urgent ones are computed
 * before them. Pure.
 */
import { mostServed, mostTaken } from "../../coordination/queue/waiting-order.ts";

export interface Begun {
  readonly client: string;
  readonly address?: string | undefined;
  readonly priority: number;
  /** When it was submitted, in milliseconds since the epoch. */
  readonly since: number;
  /** `waiting`: no node has begun with it. `idle`: the same, but because there is no node at all. */
  readonly state: "waiting" | "idle" | "begun";
  /** The number of its subtasks that no node has begun with; 0 if another query in the list has counted the same subtasks. */
  readonly subtasks: number;
}

/**
 * The milliseconds until the first subtask of a new client is expected to begin, at `rate` subtasks per second. More urgent subtasks come first; then
 * each other client has a turn (`coordination/queue/waiting-order.ts`) of one subtask, or of several if there are many clients. 0 if the rate is not
 * known.
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

/** The longest time in milliseconds that a client has waited without any of its queries having begun. */
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

/**
 * Limits for the clients of one address. `fewest`: up to this many are always admitted. `share`: more are admitted while the wait is at most this
 * share of the longest wait.
 */
const crowds = {
  /** If there are no clients of other addresses, there is less to protect. */
  alone: { fewest: 24, share: 1 / 2 },
  /** With other clients present, the queue should stay short for them. */
  besideOthers: { fewest: 4, share: 1 / 1000 },
};

/**
 * Whether the newcomer's address has so many clients that they keep others waiting. Many names at one address may be one user, or a class of students;
 * their queries are admitted as long as queries begin soon.
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
  /** Subtasks per second; undefined if not known. */
  readonly rate: number | undefined;
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
}
