/** Loads some columns of every partition of a Parquet dataset into shared memory, by the product's own reader. */
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import type { Dataset, Partition } from "../../datasets/dataset.ts";
import { makeTarget } from "../../datasets/make-target.ts";
import { readColumn } from "../../datasets/read-column.ts";
import { type Input, nameOf } from "../../engine/program/inputs.ts";

const page = 65_536;
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
    const target = makeTarget(location, (bytes) => ({ address: this.take(bytes), buffer: this.memory.buffer }));
    await readColumn(location, target);
    const addresses = [
      [key("values", name), target.values],
      [key("valid", name), target.valid],
      [key("strings", name), target.strings],
      ...location.column.lists.map((list, level) => [key("offsets", list), target.offsets[level]] as const),
    ] as const;
    for (const [what, array] of addresses) if (array) this.#addresses.set(what, array.byteOffset);
  }
}
