/** Lets others have the thread: timers, sockets, and who else waits for a turn. For work on lists that may have hundreds of thousands of members. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Members of a list that one turn works on, where each takes a microsecond or so. */
export const perTurn = 5_000;
