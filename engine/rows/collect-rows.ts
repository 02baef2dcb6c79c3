/** Collects the rows of a run: after each block of events they are taken out of the work area, which has room for those of one block. */
import type { RowsLayout } from "../compile/work-area.ts";
import type { ProgramRows } from "../program/program.ts";
import { bytesPerColumn, mostRowBytes, type PartialRows, type RowColumn } from "./rows.ts";

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

  /** Takes what the last block wrote. Throws `RowsTooLarge`. */
  take(): void {
    const [, count] = this.#state;
    if (count === 0) return;
    this.#makeRoom(this.#count + count);
    const { memory, work } = this.#area;
    for (const [index, { values, present }] of this.#layout.columns.entries()) {
      const target = this.#values[index];
      const written = new Float64Array(memory.buffer, work.address + values, count);
      // Hosts make different bits of what is not a number.
      for (let row = 0; row < count; row++) target[this.#count + row] = Number.isNaN(written[row]) ? Number.NaN : written[row];
      this.#present[index].set(new Uint8Array(memory.buffer, work.address + present, count), this.#count);
    }
    this.#count += count;
    this.#state.set([this.#rows.limit - this.#count, 0]);
  }

  /** `strings`: by their numbers in the run. */
  read(strings: readonly string[]): PartialRows {
    const columns = this.#rows.columns.map(({ kind }, index): RowColumn => {
      const values = this.#values[index].slice(0, this.#count);
      const written = this.#present[index].slice(0, this.#count);
      // What the data say counts, and not whether the column may lack values: that changes when other files join the dataset.
      const present = written.includes(0) ? written : undefined;
      const shape = { kind, ...(present && { present }) };
      return kind === "string" ? { ...shape, ...renumber(values, present, strings) } : { ...shape, values };
    });
    return { count: this.#count, columns };
  }

  /** How many rows are still wanted, and how many the block wrote. */
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
    const grown = <Numbers extends Float64Array | Uint8Array>(target: Numbers, source: Numbers): Numbers => {
      target.set(source);
      return target;
    };
    for (const index of this.#values.keys()) {
      this.#values[index] = grown(new Float64Array(next), this.#values[index]);
      this.#present[index] = grown(new Uint8Array(next), this.#present[index]);
    }
  }
}

/** The strings that there are, in the order in which they come, and for each row the place of its own. */
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
