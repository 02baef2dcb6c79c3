/** Ends the interest that clients have not renewed for its term: times are the server's, whatever the clocks of the processes say. */
import { set } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import { readInterests } from "../requests/interests.ts";
import { endQuery, type WithdrawOptions } from "../requests/withdraw.ts";
import { parseInterestName } from "../znodes/layout.ts";

const perRead = 100;

/** `term`: milliseconds. What is renewed meanwhile stays: it is removed by the version that was looked at. */
export async function endOldInterest(options: WithdrawOptions, term: number): Promise<void> {
  const { session, layout } = options.zookeeper;
  await session.commit([set(layout.clock, Buffer.alloc(0))]);
  const now = timeOf(await session.exists(layout.clock));
  const names = (await session.list(layout.interest))?.children ?? [];
  const queries = new Set<string>();
  for (let start = 0; start < names.length; start += perRead) {
    const slice = names.slice(start, start + perRead);
    const found = await Promise.all(slice.map((name) => session.exists(`${layout.interest}/${name}`)));
    for (const [index, name] of slice.entries()) {
      const query = parseInterestName(name)?.query;
      const answer = found[index];
      if (query === undefined || answer === undefined || now - timeOf(answer) <= term) continue;
      try {
        await session.commit([{ kind: "remove", path: `${layout.interest}/${name}`, version: answer.stat.version }]);
        queries.add(query);
      } catch (error) {
        if (!isRefused(error, "bad-version", "no-node")) throw error;
      }
    }
  }
  for (const query of queries) if ((await readInterests(options.zookeeper, query)).length === 0) await endQuery(options, query);
}

const timeOf = (answer: { readonly stat: { readonly mtime: Buffer } } | undefined): number =>
  Number(answer?.stat.mtime.readBigInt64BE() ?? 0n);
