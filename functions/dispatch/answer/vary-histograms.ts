/** The histograms of a query with those of its variations: one of each name for each variation, or all in one along an axis of variations. */
import type { Nested, UhiAxis, UhiHistogram, UhiStorage } from "../../../engine/histogram/uhi.ts";
import type { Status } from "../../api.ts";

export type Histograms = Readonly<Record<string, UhiHistogram>>;

/** Those of the query itself by their names, and after them those of variations as `NAME/VARIATION`. */
export function separateVariations({ histograms, variations }: Pick<Status, "histograms" | "variations">): Histograms {
  const varied = Object.entries(variations).flatMap(([variation, { histograms }]) =>
    Object.entries(histograms).map(([name, histogram]) => [`${name}/${variation}`, histogram] as const),
  );
  return { ...histograms, ...Object.fromEntries(varied) };
}

/** Each with a first axis of categories: `nominal`, then the variations. */
export function stackVariations({ histograms, variations }: Pick<Status, "histograms" | "variations">): Histograms {
  const axis: UhiAxis = {
    type: "category_str",
    categories: ["nominal", ...Object.keys(variations)],
    flow: false,
    metadata: { label: "variation" },
  };
  return Object.fromEntries(
    Object.entries(histograms).map(([name, nominal]) => {
      const all = [nominal, ...Object.values(variations).map((each) => each.histograms[name]!)];
      const entries = all.reduce((sum, { metadata }) => sum + Number(metadata?.entries ?? 0), 0);
      return [name, { ...nominal, metadata: { ...nominal.metadata, entries }, axes: [axis, ...nominal.axes], storage: stack(all) }];
    }),
  );
}

/** A variation may have weights where the query has none: then counts are weights of 1. */
function stack(histograms: readonly UhiHistogram[]): UhiStorage {
  const { type } = (histograms.find(({ storage }) => storage.type !== "int") ?? histograms[0]!).storage;
  const storages = histograms.map(
    ({ storage }): Readonly<Record<string, unknown>> =>
      storage.type === "int" && type === "weighted" ? { ...storage, variances: storage.values } : storage,
  );
  const quantities = Object.keys(storages.at(-1)!).filter((name) => name !== "type");
  const stacked = quantities.map((name) => [name, storages.map((storage) => storage[name] as Nested)]);
  return { type, ...Object.fromEntries(stacked) } as UhiStorage;
}
