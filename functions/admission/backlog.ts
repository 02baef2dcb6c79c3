/**
 * Whether there is more to do than can be done soon. What counts is how long people wait, not how many queries there are: a client whose queries are being
 * computed does not wait, however many more of its own stand behind them. So the wait is that of the oldest query of a client of whose queries none has
 * begun. Less urgent queries do not count, for whoever is more urgent goes before them. Pure.
 */

export interface Begun {
  readonly client: string;
  readonly priority: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** `waiting` for a node to begin with it. Where there is no node, waiting is not for want of speed: that is `idle`. */
  readonly state: "waiting" | "idle" | "begun";
}

/** Milliseconds that a query of this priority may expect to wait, by what others of it, or more urgent, wait already. */
export function longestWait(queries: Iterable<Begun>, { priority, now }: { readonly priority: number; readonly now: number }): number {
  const oldest = new Map<string, number>();
  for (const query of queries) {
    if (query.priority > priority || query.state === "idle") continue;
    const since = query.state === "begun" ? Number.POSITIVE_INFINITY : query.since;
    const before = oldest.get(query.client);
    // Of one that is served nothing counts.
    if (before === Number.POSITIVE_INFINITY) continue;
    oldest.set(query.client, since === Number.POSITIVE_INFINITY ? since : Math.min(before ?? since, since));
  }
  let longest = 0;
  for (const since of oldest.values()) if (since !== Number.POSITIVE_INFINITY) longest = Math.max(longest, now - since);
  return longest;
}
