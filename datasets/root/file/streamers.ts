/** Descriptions of classes, which every ROOT file has of those that are in it: the members, in the order of their bytes. */

/** A member, or a base class. */
export interface StreamerElement {
  readonly name: string;
  readonly title: string;
  /** ROOT's number of what is stored: see `element-types.ts`. */
  readonly type: number;
  /** As C++ writes it. */
  readonly typeName: string;
  /** Of a fixed array: how many values. */
  readonly length: number;
  /** Of an array whose length another member tells: its name. */
  readonly countName?: string;
}

export interface StreamerInfo {
  readonly className: string;
  readonly version: number;
  readonly checksum: number;
  readonly elements: readonly StreamerElement[];
}

/** One spelling for each type: files write `A<B<C> >` and `A<B<C>>`. Names of ROOT's own namespaces stay. */
export const spelledAlike = (typeName: string): string =>
  typeName
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([<>,*]) ?/g, "$1")
    .replaceAll("std::", "")
    .replace(/^const /, "")
    .trim();

/** By class; several versions of one may be there. */
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

  /** Of just this version, or with this checksum. */
  find(
    className: string,
    { version, checksum }: { readonly version: number; readonly checksum: number | undefined },
  ): StreamerInfo | undefined {
    return this.#of(className)?.find((info) => (checksum === undefined ? info.version === version : info.checksum === checksum));
  }

  /** The only one, or the highest version. */
  latest(className: string): StreamerInfo | undefined {
    return this.#of(className)?.reduce((a, b) => (b.version > a.version ? b : a));
  }

  #of(className: string): readonly StreamerInfo[] | undefined {
    return this.#classes.get(className) ?? this.#classes.get(spelledAlike(className));
  }
}
