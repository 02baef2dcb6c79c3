/**
 * Waits until all promises have settled. Then it resolves with their values in order, or rejects with the reason of the first one in this order that was
 * rejected. Unlike with `Promise.all`, nothing continues in the background after a failure.
 */
export async function settleAll<T>(promises: Iterable<T | PromiseLike<T>>): Promise<Awaited<T>[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
