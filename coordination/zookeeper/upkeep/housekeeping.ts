/**
 * What processes that died left half done, and what is kept for a while only. Every process does it now and then; what two do at once is done once.
 * Reads only, where there is nothing to do.
 */

import { check, remove, set } from "../protocol/operations.ts";
import { isRefused, unlessInDoubt, unlessRefused } from "../protocol/zookeeper-error.ts";
import { clearQueries } from "../requests/clear-queries.ts";
import { listInterests, readInterests } from "../requests/interests.ts";
import { findLiveSubtask } from "../requests/query-life.ts";
import { endQuery, type WithdrawOptions } from "../requests/withdraw.ts";
import { parseSubtaskBody } from "../znodes/encoding.ts";
import { failedHash, subtaskPath } from "../znodes/layout.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { sweepLostClaims } from "./sweep-lost-claims.ts";

export interface HousekeepingOptions {
  /** Milliseconds for which withdrawals and lost claims are on record. */
  readonly keepRecords: number;
  readonly mostFailed: number;
  /** Milliseconds after which interest ends that was not renewed. */
  readonly interestTerm: number;
}

const mostPerRound = 500;
const looksPerTerm = 24;
const perRead = 100;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  /** When records were first seen, by their paths. */
  readonly #seen = new Map<string, number>();
  /** When interest is looked at next, as `performance.now()`. */
  #nextLook = 0;
  /** Queries that looked left behind the last time. */
  #suspects = new Set<string>();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** On the session that there is now. */
  async run(options: WithdrawOptions): Promise<void> {
    const { zookeeper } = options;
    for (const step of [
      () => sweepLostClaims(zookeeper),
      () => this.#clearQueries(options),
      () => this.#forgetRecords(zookeeper),
      () => this.#forgetFailed(zookeeper),
      () => this.#endOldInterest(options),
    ])
      await step().catch(unlessInDoubt(zookeeper.onError));
  }

  async #endOldInterest(options: WithdrawOptions): Promise<void> {
    if (performance.now() < this.#nextLook) return;
    this.#nextLook = performance.now() + this.#options.interestTerm / looksPerTerm;
    await endOldInterest(options, this.#options.interestTerm);
  }

  async #clearQueries(options: WithdrawOptions): Promise<void> {
    const { zookeeper, segments } = options;
    const { session, layout } = zookeeper;
    const [queries, asked] = await Promise.all([session.list(layout.queries), listInterests(zookeeper)]);
    const suspects = new Set<string>();
    for (const query of new Set([...(queries?.children ?? []), ...asked.keys()])) {
      const known = asked.has(query) ? await segments.list(zookeeper, query) : undefined;
      if (known !== undefined && (await findLiveSubtask(zookeeper, segments, known)) !== undefined) continue;
      // Another process may be about to make or to clear it.
      if (!this.#suspects.has(query)) suspects.add(query);
      else if (asked.has(query)) await clearQueries(options, [query]);
      else await endQuery(options, query);
    }
    this.#suspects = suspects;
  }

  async #forgetRecords({ session, layout }: ZooKeeper): Promise<void> {
    const folders = [layout.withdrawn, layout.lost];
    const found = await Promise.all(folders.map((folder) => session.list(folder)));
    const paths = new Set(folders.flatMap((folder, index) => (found[index]?.children ?? []).map((name) => `${folder}/${name}`)));
    const now = performance.now();
    for (const path of this.#seen.keys()) if (!paths.has(path)) this.#seen.delete(path);
    for (const path of paths) {
      const since = this.#seen.get(path) ?? now;
      this.#seen.set(path, since);
      if (now - since >= this.#options.keepRecords) await unlessRefused(["no-node", "not-empty"], () => session.commit([remove(path)]));
    }
  }

  /** The oldest beyond the most. */
  async #forgetFailed({ session, layout }: ZooKeeper): Promise<void> {
    const { mostFailed } = this.#options;
    const count = (await session.exists(layout.failed))?.stat.numChildren ?? 0;
    if (count <= mostFailed) return;
    const names = [...((await session.list(layout.failed))?.children ?? [])].sort().slice(0, Math.min(mostPerRound, count - mostFailed));
    for (const name of names) {
      const path = subtaskPath(layout, failedHash(name));
      const content = await session.get(path);
      const isOurs = content !== undefined && parseSubtaskBody(content.data).failed === name;
      const subtask = isOurs ? [check(path, content.stat.version), remove(path)] : [];
      await unlessRefused(["no-node", "bad-version", "not-empty"], () => session.commit([...subtask, remove(`${layout.failed}/${name}`)]));
    }
  }
}

/** Ends the interest that clients have not renewed for its term (milliseconds): times are the server's, whatever the clocks of the processes say. What is renewed meanwhile stays: it is removed by the version that was looked at. */
export async function endOldInterest(options: WithdrawOptions, term: number): Promise<void> {
  const { session, layout } = options.zookeeper;
  await session.commit([set(layout.clock, Buffer.alloc(0))]);
  const now = timeOf(await session.exists(layout.clock));
  const interests = [...(await listInterests(options.zookeeper)).values()].flat();
  const queries = new Set<string>();
  for (let start = 0; start < interests.length; start += perRead) {
    const slice = interests.slice(start, start + perRead);
    const found = await Promise.all(slice.map(({ name }) => session.exists(`${layout.interest}/${name}`)));
    for (const [index, { name, query }] of slice.entries()) {
      const answer = found[index];
      if (answer === undefined || now - timeOf(answer) <= term) continue;
      try {
        await session.commit([{ kind: "remove", path: `${layout.interest}/${name}`, version: answer.stat.version }]);
        queries.add(query);
      } catch (error) {
        if (!isRefused(error, "bad-version", "no-node", "not-empty")) throw error;
      }
    }
  }
  for (const query of queries) if ((await readInterests(options.zookeeper, query)).length === 0) await endQuery(options, query);
}

const timeOf = (answer: { readonly stat: { readonly mtime: Buffer } } | undefined): number =>
  Number(answer?.stat.mtime.readBigInt64BE() ?? 0n);
