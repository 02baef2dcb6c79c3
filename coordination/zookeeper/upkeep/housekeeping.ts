/**
 * Completes what dead processes left half done, and removes what is kept only for a while. Every process does it from time to time; if two do the same at once,
 * it is done once. If there is nothing to do, it only reads.
 */

import { groupsOf } from "../../../base/groups-of.ts";
import { check, remove, set } from "../protocol/operations.ts";
import { isRefused, unlessInDoubt, unlessRefused } from "../protocol/zookeeper-error.ts";
import { type ClearOptions, clearQueries } from "../requests/clear-queries.ts";
import { listInterests, readInterests } from "../requests/interests.ts";
import { findLiveSubtask } from "../requests/query-life.ts";
import { endQuery, type WithdrawOptions } from "../requests/withdraw.ts";
import { parseSubtaskBody } from "../znodes/encoding.ts";
import { failedHash, subtaskPath } from "../znodes/layout.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { sweepLostClaims } from "./sweep-lost-claims.ts";

export interface HousekeepingOptions {
  /** The milliseconds for which withdrawals and lost claims stay on record. */
  readonly keepRecords: number;
  readonly mostFailed: number;
  /** The milliseconds after which an interest ends that was not renewed. */
  readonly interestTerm: number;
}

type HouseOptions = WithdrawOptions & Pick<ClearOptions, "onAlive">;

const mostPerRound = 500;
const looksPerTerm = 24;
const perRead = 100;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  /** When each record was first seen, by its path. */
  readonly #seen = new Map<string, number>();
  /** When interests are looked at next, on the clock of `performance.now()`. */
  #nextLook = 0;
  /** The queries that seemed abandoned at the last run. */
  #suspects = new Set<string>();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Runs all steps on the present session. Errors are reported, and the next step follows. */
  async run(options: HouseOptions): Promise<void> {
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

  async #clearQueries(options: HouseOptions): Promise<void> {
    const { zookeeper, segments, onAlive } = options;
    const { session, layout } = zookeeper;
    const [queries, asked] = await Promise.all([session.list(layout.queries), listInterests(zookeeper)]);
    const suspects = new Set<string>();
    for (const query of new Set([...(queries?.children ?? []), ...asked.keys()])) {
      const known = asked.has(query) ? await segments.list(zookeeper, query) : undefined;
      const alive = known && (await findLiveSubtask(zookeeper, segments, known));
      if (alive !== undefined) {
        onAlive?.(query, alive);
        continue;
      }
      // Another process may be creating or clearing it in this moment, so it is cleared at the second time only.
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

  /** Removes the oldest failed subtasks beyond `mostFailed`. */
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

/**
 * Ends the interests that clients have not renewed for `term` milliseconds. All times are by the server's clock, so the clocks of the processes do not matter.
 * An interest that is renewed meanwhile stays, since it is removed by the version that was read.
 */
export async function endOldInterest(options: WithdrawOptions, term: number): Promise<void> {
  const { session, layout } = options.zookeeper;
  await session.commit([set(layout.clock, Buffer.alloc(0))]);
  const now = timeOf(await session.exists(layout.clock));
  const interests = [...(await listInterests(options.zookeeper)).values()].flat();
  const queries = new Set<string>();
  for (const some of groupsOf(interests, perRead)) {
    const found = await Promise.all(some.map(({ name }) => session.exists(`${layout.interest}/${name}`)));
    for (const [index, { name, query }] of some.entries()) {
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
