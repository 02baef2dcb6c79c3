/**
 * `items.map(use)` with at most `limit` at a time; results in the order of the items. Starts no more once one has failed, waits for
 * those under way, then rejects with the first failure.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  limit: number,
  use: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (!failed && next < items.length) {
      const index = next++;
      try {
        results[index] = await use(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, work));
  const failure = workers.find((worker) => worker.status === "rejected");
  if (failure) throw failure.reason;
  return results;
}
