/** Lets timers, sockets and others who wait have the thread. Loops over lists that may have hundreds of thousands of members call it now and then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How many members of a list one turn works on, where each takes a microsecond or so. */
export const perTurn = 5_000;
