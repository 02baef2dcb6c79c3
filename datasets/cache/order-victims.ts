/**
 * Orders the columns by which leave the memory first: those that were used once, the least recently used first, then those that were used repeatedly, in the
 * same order. So one large scan does not evict what is requested again and again. Columns that were used repeatedly may fill the larger part of the memory;
 * beyond that, they are treated as if they had been used once, so that unwanted ones do not stay. Pure.
 */

const protectedPart = 0.8;

interface Victim {
  readonly uses: number;
  readonly bytes: number;
}

/** Orders the `idle` columns, which are given least recently used first. `capacity` is in bytes. */
export function orderVictims<Column extends Victim>(idle: readonly Column[], capacity: number): readonly Column[] {
  const stays = new Set<Column>();
  let left = capacity * protectedPart;
  for (const column of idle.toReversed()) {
    if (column.uses < 2) continue;
    left -= column.bytes;
    if (left < 0) break;
    stays.add(column);
  }
  return [...idle.filter((column) => !stays.has(column)), ...idle.filter((column) => stays.has(column))];
}
