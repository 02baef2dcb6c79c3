/** Divides a list into consecutive groups of at most `most` members; only the last group may have fewer. */
export function groupsOf<T>(all: readonly T[], most: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, index) => all.slice(index * most, (index + 1) * most));
}
