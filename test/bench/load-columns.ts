/** Loads some columns of every partition of a Parquet dataset into shared memory, by the product's own reader. */
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import { type ColumnTarget, type Dataset, offsetCounts, type Partition } from "../../datasets/dataset.ts";
import { readColumn } from "../../datasets/read-column.ts";
import { largestDictionary } from "../../engine/program/dictionary.ts";
import { type Input, nameOf } from "../../engine/program/inputs.ts";
import { bytesPerValue, type DType } from "../../engine/program/schema.ts";

const page = 65_536;
const arrays = {
  string: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

/** This memory only grows, since a benchmark's columns stay to its end. */
export class Columns {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 32_768, shared: true });
  readonly dataset: Dataset;
  readonly #catalogue: ReturnType<typeof createCatalogue>;
  readonly #addresses = new Map<string, number>();
  #top = page;

  private constructor(dataset: Dataset, catalogue: ReturnType<typeof createCatalogue>) {
    this.dataset = dataset;
    this.#catalogue = catalogue;
  }

  static async open(pattern: string): Promise<Columns> {
    const catalogue = createCatalogue([{ name: "events", pattern }]);
    return new Columns((await catalogue.get("events"))!, catalogue);
  }

  take(bytes: number): number {
    const address = this.#top;
    this.#top = Math.ceil((address + bytes + 16) / 16) * 16;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / page));
    return address;
  }

  /** The addresses of a program's inputs in one partition. */
  async load(partition: Partition, inputs: readonly Input[]): Promise<readonly number[]> {
    const addresses: number[] = [];
    for (const input of inputs) addresses.push(await this.#address(partition, input));
    return addresses;
  }

  async #address(partition: Partition, input: Input): Promise<number> {
    const key = (what: string, name: string) => `${partition.index} ${what} ${name}`;
    const name = input.kind === "offsets" ? input.columns[0] : input.column;
    const wanted = input.kind === "offsets" ? key("offsets", nameOf(input)) : key(input.kind, name);
    if (!this.#addresses.has(wanted)) await this.#read(partition, name, key);
    return this.#addresses.get(wanted)!;
  }

  async #read(partition: Partition, name: string, key: (what: string, name: string) => string): Promise<void> {
    const location = await this.#catalogue.locate("events", partition, name);
    const { column, values } = location;
    const counts = offsetCounts(location);
    const at = {
      values: this.take(values * bytesPerValue[column.dtype]),
      valid: this.take(column.nullable ? values : 0),
      strings: this.take(column.dtype === "string" ? largestDictionary(values) : 0),
      offsets: counts.map((count) => this.take(4 * count)),
    };
    const target: ColumnTarget = {
      values: new arrays[column.dtype as DType](this.memory.buffer, at.values, values),
      ...(column.nullable && { valid: new Uint8Array(this.memory.buffer, at.valid, values) }),
      ...(column.dtype === "string" && { strings: new Uint8Array(this.memory.buffer, at.strings, largestDictionary(values)) }),
      offsets: counts.map((count, level) => new Uint32Array(this.memory.buffer, at.offsets[level], count)),
    };
    await readColumn(location, target);
    this.#addresses.set(key("values", name), at.values);
    this.#addresses.set(key("valid", name), at.valid);
    this.#addresses.set(key("strings", name), at.strings);
    for (const [level, list] of column.lists.entries()) this.#addresses.set(key("offsets", list), at.offsets[level]);
  }
}
