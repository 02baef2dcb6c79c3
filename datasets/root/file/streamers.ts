/** Class descriptions, which every ROOT file has for its own classes: the members in the order of their bytes. */

/** A member, or a base class. */
export interface StreamerElement {
  readonly name: string;
  readonly title: string;
  /** ROOT's number for the stored type (`element-types.ts`). */
  readonly type: number;
  /** The name of the type in C++. */
  readonly typeName: string;
  /** The number of values of a fixed array. */
  readonly length: number;
  /** For an array whose length is another member, the name of that member. */
  readonly countName?: string;
}

export interface StreamerInfo {
  readonly className: string;
  readonly version: number;
  readonly checksum: number;
  readonly elements: readonly StreamerElement[];
}

/** A type name in one spelling, since files write both `A<B<C> >` and `A<B<C>>`. Drops `std::`, but not ROOT's own namespaces. */
export const spelledAlike = (typeName: string): string =>
  typeName
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([<>,*]) ?/g, "$1")
    .replaceAll("std::", "")
    .replace(/^const /, "")
    .trim();

/** The class descriptions of a file, by class name. A class may have several versions. */
export class Streamers {
  readonly #classes = new Map<string, StreamerInfo[]>();

  constructor(infos: readonly StreamerInfo[]) {
    for (const info of infos) {
      const name = spelledAlike(info.className);
      const known = this.#classes.get(name);
      if (known) known.push(info);
      else this.#classes.set(name, [info]);
    }
  }

  /** The description of exactly this version or, if given, with this checksum. */
  find(
    className: string,
    { version, checksum }: { readonly version: number; readonly checksum: number | undefined },
  ): StreamerInfo | undefined {
    return this.#of(className)?.find((info) => (checksum === undefined ? info.version === version : info.checksum === checksum));
  }

  /** The description of the highest version. */
  latest(className: string): StreamerInfo | undefined {
    return this.#of(className)?.reduce((a, b) => (b.version > a.version ? b : a));
  }

  #of(className: string): readonly StreamerInfo[] | undefined {
    return this.#classes.get(className) ?? this.#classes.get(spelledAlike(className));
  }
}
