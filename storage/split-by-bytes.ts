/** Splits a list, in its order, into groups bounded in number and in bytes; what is larger than the bound is a group of its own. */
export function* splitByBytes<T>(
  items: Iterable<T>,
  { most, mostBytes, sizeOf }: { readonly most: number; readonly mostBytes: number; readonly sizeOf: (item: T) => number },
): Generator<readonly T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (group.length > 0 && (group.length === most || bytes + size > mostBytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += size;
  }
  if (group.length > 0) yield group;
}
