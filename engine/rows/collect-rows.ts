/** Collects the rows of a run. After each block of events, they are copied out of the work area, which has room for the rows of one block. */
import type { RowsLayout } from "../compile/work-area.ts";
import type { ProgramRows } from "../program/program.ts";
import { bytesPerColumn, mostRowBytes, type PartialRows, type RowColumn, type RowKind, viewOf } from "./rows.ts";

/** A partition has more rows than a partial may hold. */
export class RowsTooLarge extends Error {
  override readonly name = "RowsTooLarge";
}

interface Area {
  readonly memory: WebAssembly.Memory;
  readonly work: { readonly address: number };
}

export class RowCollector {
  readonly #rows: ProgramRows;
  readonly #layout: RowsLayout;
  readonly #area: Area;
  /** The values' eight bytes; integers keep their bits. */
  readonly #values: Float64Array[];
  readonly #present: Uint8Array[];
  #count = 0;

  constructor(rows: ProgramRows, layout: RowsLayout, area: Area) {
    this.#rows = rows;
    this.#layout = layout;
    this.#area = area;
    this.#values = rows.columns.map(() => new Float64Array(0));
    this.#present = rows.columns.map(() => new Uint8Array(0));
    this.#state.set([rows.limit, 0]);
  }

  /** Copies the rows of the last block. Throws `RowsTooLarge`. */
  take(): void {
    const [, count] = this.#state;
    if (count === 0) return;
    this.#makeRoom(this.#count + count);
    const { memory, work } = this.#area;
    for (const [index, { values, present }] of this.#layout.columns.entries()) {
      const target = this.#values[index];
      const written = new Float64Array(memory.buffer, work.address + values, count);
      if (isLong(this.#rows.columns[index].kind)) copyBits(target, written, this.#count);
      // Hosts use different bits for NaN; equal partials must have equal bytes.
      else for (let row = 0; row < count; row++) target[this.#count + row] = Number.isNaN(written[row]) ? Number.NaN : written[row];
      this.#present[index].set(new Uint8Array(memory.buffer, work.address + present, count), this.#count);
    }
    this.#count += count;
    this.#state.set([this.#rows.limit - this.#count, 0]);
  }

  /** The rows collected so far. `strings` are those of the run, by number. */
  read(strings: readonly string[]): PartialRows {
    const columns = this.#rows.columns.map(({ kind }, index): RowColumn => {
      const values = copyOf(this.#values[index], this.#count);
      const written = this.#present[index].slice(0, this.#count);
      // Decided by the values, not by whether the column may have missing ones: the latter changes when other files join the dataset.
      const present = written.includes(0) ? written : undefined;
      const shape = { kind, ...(present && { present }) };
      return kind === "string" ? { ...shape, ...renumber(values, present, strings) } : { ...shape, values: viewOf(kind, values) };
    });
    return { count: this.#count, columns };
  }

  /** Two numbers in the work area: how many rows are still wanted, and how many the block wrote. */
  get #state(): Int32Array {
    return new Int32Array(this.#area.memory.buffer, this.#area.work.address + this.#layout.wanted, 2);
  }

  #makeRoom(count: number): void {
    const bytes = bytesPerColumn * this.#rows.columns.length * count;
    if (bytes > mostRowBytes) {
      const most = `${mostRowBytes / 1e6} MB`;
      throw new RowsTooLarge(
        `Cannot keep the rows of this partition: they have more than ${most}; ask for fewer columns, a lower limit, or filter more`,
      );
    }
    const length = this.#present[0]?.length ?? 0;
    if (count <= length) return;
    const next = Math.min(this.#rows.limit, Math.max(count, 2 * length));
    for (const [index, { kind }] of this.#rows.columns.entries()) {
      const [values, present] = [new Float64Array(next), new Uint8Array(next)];
      if (isLong(kind)) copyBits(values, this.#values[index], 0);
      else values.set(this.#values[index]);
      present.set(this.#present[index]);
      this.#values[index] = values;
      this.#present[index] = present;
    }
  }
}

const isLong = (kind: RowKind): boolean => kind === "int64" || kind === "uint64";

/** A copy of the first `count` values, bit for bit. */
const copyOf = ({ buffer, byteOffset }: Float64Array, count: number): Float64Array =>
  new Float64Array(buffer.slice(byteOffset, byteOffset + 8 * count));

/** Copies values bit for bit. Integers must not be copied as float64: hosts may change the bits of a NaN. */
function copyBits(target: Float64Array, source: Float64Array, at: number): void {
  const bitsOf = ({ buffer, byteOffset, length }: Float64Array) => new BigInt64Array(buffer, byteOffset, length);
  bitsOf(target).set(bitsOf(source), at);
}

/** The different strings in the order of their first rows, and for each row the index of its string. */
function renumber(values: Float64Array, present: Uint8Array | undefined, all: readonly string[]) {
  const places = new Map<number, number>();
  const strings: string[] = [];
  const place = (number: number): number => {
    const known = places.get(number);
    if (known !== undefined) return known;
    places.set(number, strings.length);
    return strings.push(all[number]!) - 1;
  };
  return { values: values.map((number, row) => (present?.[row] === 0 ? 0 : place(number))), strings };
}
