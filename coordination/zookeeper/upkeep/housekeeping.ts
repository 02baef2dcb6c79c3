/**
 * What processes that died left half done, and what is kept for a while only. Every process does it now and then; what two do at once is done once.
 * Reads only, where there is nothing to do.
 */

import { check, remove } from "../protocol/operations.ts";
import { unlessRefused } from "../protocol/zookeeper-error.ts";
import { clearQueries } from "../requests/clear-queries.ts";
import { findLiveSubtask } from "../requests/query-life.ts";
import { endQuery, type WithdrawOptions } from "../requests/withdraw.ts";
import { parseSubtaskBody } from "../znodes/encoding.ts";
import { failedHash, parseInterestName, subtaskPath } from "../znodes/layout.ts";
import { endOldInterest } from "./end-old-interest.ts";
import { sweepLostClaims } from "./sweep-lost-claims.ts";

export interface HousekeepingOptions extends WithdrawOptions {
  /** Milliseconds for which withdrawals are on record. */
  readonly keepWithdrawals: number;
  readonly mostFailed: number;
  /** Milliseconds after which interest ends that was not renewed. */
  readonly interestTerm: number;
}

const mostPerRound = 500;
const looksPerTerm = 24;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  /** When withdrawals were first seen. */
  readonly #seen = new Map<string, number>();
  /** When interest is looked at next, as `performance.now()`. */
  #nextLook = 0;
  /** Queries that looked left behind the last time. */
  #suspects = new Set<string>();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    await sweepLostClaims(this.#options.zookeeper);
    await this.#clearQueries();
    await this.#forgetWithdrawals();
    await this.#forgetFailed();
    if (performance.now() < this.#nextLook) return;
    this.#nextLook = performance.now() + this.#options.interestTerm / looksPerTerm;
    await endOldInterest(this.#options, this.#options.interestTerm);
  }

  async #clearQueries(): Promise<void> {
    const { zookeeper, segments } = this.#options;
    const { session, layout } = zookeeper;
    const [queries, interests] = await Promise.all([session.list(layout.queries), session.list(layout.interest)]);
    const asked = new Set(interests?.children.map((name) => parseInterestName(name)?.query));
    const suspects = new Set<string>();
    for (const query of new Set([...(queries?.children ?? []), ...asked])) {
      if (query === undefined) continue;
      const known = asked.has(query) ? await segments.list(zookeeper, query) : undefined;
      if (known !== undefined && (await findLiveSubtask(zookeeper, segments, known)) !== undefined) continue;
      // Another process may be about to make or to clear it.
      if (!this.#suspects.has(query)) suspects.add(query);
      else if (asked.has(query)) await clearQueries(this.#options, [query]);
      else await endQuery(this.#options, query);
    }
    this.#suspects = suspects;
  }

  async #forgetWithdrawals(): Promise<void> {
    const { zookeeper, keepWithdrawals } = this.#options;
    const { session, layout } = zookeeper;
    const names = new Set((await session.list(layout.withdrawn))?.children);
    const now = performance.now();
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    for (const name of names) {
      const since = this.#seen.get(name) ?? now;
      this.#seen.set(name, since);
      if (now - since >= keepWithdrawals)
        await unlessRefused(["no-node", "bad-version"], () => session.commit([remove(`${layout.withdrawn}/${name}`)]));
    }
  }

  /** The oldest beyond the most. */
  async #forgetFailed(): Promise<void> {
    const { zookeeper, mostFailed } = this.#options;
    const { session, layout } = zookeeper;
    const count = (await session.exists(layout.failed))?.stat.numChildren ?? 0;
    if (count <= mostFailed) return;
    const names = [...((await session.list(layout.failed))?.children ?? [])].sort().slice(0, Math.min(mostPerRound, count - mostFailed));
    for (const name of names) {
      const path = subtaskPath(layout, failedHash(name));
      const content = await session.get(path);
      const isOurs = content !== undefined && parseSubtaskBody(content.data).failed === name;
      const subtask = isOurs ? [check(path, content.stat.version), remove(path)] : [];
      await unlessRefused(["no-node", "bad-version"], () => session.commit([...subtask, remove(`${layout.failed}/${name}`)]));
    }
  }
}
