/**
 * Which columns leave the memory first: those that were used once, the least recently used first; then those that were used again, likewise. So one large scan does not
 * flush what is asked for again and again. What was used again may hold the larger part of the memory and no more: beyond, it goes as if it had been used once, so that
 * what nobody wants any more does not stay. Pure.
 */

const protectedPart = 0.8;

interface Victim {
  readonly uses: number;
  readonly bytes: number;
}

/** `idle`: least recently used first. `capacity` in bytes. */
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
