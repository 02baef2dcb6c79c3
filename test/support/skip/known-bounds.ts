/** Makes bounds for the columns of events in memory: some are wider than necessary, and some are not known. */
import type { Column } from "../../../engine/program/schema.ts";
import type { KnownBounds, LengthBounds } from "../../../engine/skip/bounds.ts";
import type { NumberBounds } from "../../../engine/skip/number-bounds.ts";
import type { CellRecord, EventMember, InMemoryDataset } from "../engine/in-memory-dataset.ts";
import type { Seeded } from "../seeded.ts";

export function knownBoundsOf({ events, schema }: InMemoryDataset, random: Seeded): KnownBounds {
  const columns = new Map<string, NumberBounds>();
  const lists = new Map<string, LengthBounds>();
  for (const column of schema.columns) {
    const found = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, nan: false, missing: false };
    const lengths: number[] = [];
    for (const event of events) noteValues(event, column, { found, lengths });
    if (random.chance(0.85)) columns.set(column.name, random.chance(0.3) ? widen(found, random) : found);
    const [list] = column.lists;
    if (list !== undefined && random.chance(0.7)) lists.set(list, { low: Math.min(...lengths), high: Math.max(...lengths) });
  }
  return { column: (name) => columns.get(name), list: (name) => lists.get(name) };
}

function noteValues(
  event: EventMember,
  { name, lists, member }: Column,
  { found, lengths }: { readonly found: { -readonly [Part in keyof NumberBounds]: NumberBounds[Part] }; readonly lengths: number[] },
): void {
  const [list] = lists;
  const owner = (event as CellRecord)[list ?? member?.record ?? name];
  const elements = list === undefined ? [owner] : ((owner ?? []) as readonly EventMember[]);
  if (list !== undefined) lengths.push(elements.length);
  for (const element of elements) {
    const value = member ? (element as CellRecord | null)?.[member.field] : element;
    if (value === null || value === undefined) found.missing = true;
    else if (Number.isNaN(value)) found.nan = true;
    else if (typeof value !== "string") {
      found.low = Math.min(found.low, Number(value));
      found.high = Math.max(found.high, Number(value));
    }
  }
}

const widen = ({ low, high, nan, missing }: NumberBounds, random: Seeded): NumberBounds => ({
  low: low - random.below(3),
  high: high + random.below(3),
  nan: nan || random.chance(0.5),
  missing: missing || random.chance(0.5),
});
