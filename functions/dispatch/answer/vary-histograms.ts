/** Combines the histograms of a query with those of its variations: either separate ones per variation, or stacked along an axis of variations. */
import type { Nested, UhiAxis, UhiHistogram, UhiStorage } from "../../../engine/histogram/uhi.ts";
import type { Status } from "../../api.ts";

export type Histograms = Readonly<Record<string, UhiHistogram>>;

/** Lists the histograms of the query by their names, then those of variations as `NAME/VARIATION`. */
export function separateVariations({ histograms, variations }: Pick<Status, "histograms" | "variations">): Histograms {
  const varied = Object.entries(variations).flatMap(([variation, { histograms }]) =>
    Object.entries(histograms).map(([name, histogram]) => [`${name}/${variation}`, histogram] as const),
  );
  return { ...histograms, ...Object.fromEntries(varied) };
}

/**
 * Gives each histogram a first axis of categories: `nominal`, then the variations. Histograms stay separate if variations chose different axes during the run.
 */
export function stackVariations({ histograms, variations }: Pick<Status, "histograms" | "variations">): Histograms {
  const axis: UhiAxis = {
    type: "category_str",
    categories: ["nominal", ...Object.keys(variations)],
    flow: false,
    metadata: { label: "variation" },
  };
  return Object.fromEntries(
    Object.entries(histograms).flatMap(([name, nominal]) => {
      const all = [nominal, ...Object.values(variations).map((each) => each.histograms[name]!)];
      if (all.some(({ axes }) => JSON.stringify(axes) !== JSON.stringify(nominal.axes))) {
        return Object.entries(separateVariations({ histograms, variations })).filter(
          ([each]) => each === name || Object.keys(variations).some((variation) => each === `${name}/${variation}`),
        );
      }
      const entries = all.reduce((sum, { metadata }) => sum + Number(metadata?.entries ?? 0), 0);
      return [[name, { ...nominal, metadata: { ...nominal.metadata, entries }, axes: [axis, ...nominal.axes], storage: stack(all) }]];
    }),
  );
}

/** Stacks histograms. If a variation has weights and the query has none, the query's weights count as 1. */
function stack(histograms: readonly UhiHistogram[]): UhiStorage {
  const types = histograms.map(({ storage }) => storage.type);
  const isWeighted = types.some((type) => type === "weighted" || type === "weighted_mean");
  const storages = histograms.map(({ storage }) => (isWeighted ? withWeights(storage) : storage) as Readonly<Record<string, unknown>>);
  const quantities = Object.keys(storages[0]!).filter((name) => name !== "type");
  const stacked = quantities.map((name) => [name, storages.map((storage) => storage[name] as Nested)]);
  return { type: storages[0]!.type, ...Object.fromEntries(stacked) } as UhiStorage;
}

function withWeights(storage: UhiStorage): UhiStorage {
  if (storage.type === "int") return { type: "weighted", values: storage.values, variances: storage.values };
  if (storage.type !== "mean") return storage;
  const { counts, values, variances } = storage;
  return { type: "weighted_mean", sum_of_weights: counts, sum_of_weights_squared: counts, values, variances };
}
