/** Plans the queries and the disturbances of a round; the same seed and number give the same plan. */
import { seeded } from "../support/seeded.ts";

/**
 * Harm that begins `at` milliseconds after the round did, and is repaired (started again, woken, mended) `for` milliseconds later. `which`
 * is the index of the node or dispatcher.
 */
export type Disturbance =
  | { readonly kind: "kill node" | "kill dispatcher"; readonly at: number; readonly for: number; readonly which: number }
  | { readonly kind: "freeze node" | "freeze dispatcher"; readonly at: number; readonly for: number; readonly which: number }
  /** `which` is the index in the ensemble; a lone server is killed whatever it is. */
  | { readonly kind: "kill ZooKeeper"; readonly at: number; readonly for: number; readonly which: number }
  /** The cable of the node with a network of its own is pulled. */
  | { readonly kind: "cut network"; readonly at: number; readonly for: number };

export interface PlannedQuery {
  /** Milliseconds since the round began. */
  readonly at: number;
  readonly client: string;
  readonly body: object;
}

export interface Round {
  readonly number: number;
  readonly zookeeper: "ensemble" | "lone";
  readonly queries: readonly PlannedQuery[];
  readonly disturbances: readonly Disturbance[];
}

export interface RoundOptions {
  readonly seed: number;
  readonly number: number;
  readonly queries: number;
  readonly nodes: number;
  readonly dispatchers: number;
  /** The milliseconds after which a silent process has lost its claims. */
  readonly sessionTimeout: number;
  /** All disturbances begin within this many milliseconds; queries are asked in the first half of them. */
  readonly span: number;
}

/** The number of rounds that share one set of servers and processes. */
export const roundsPerCluster = 5;
export const dataset = "events";

export function planRound({ seed, number, queries, nodes, dispatchers, sessionTimeout, span }: RoundOptions): Round {
  const { below, chance, pick } = seeded(seed * 100_003 + number);
  const moment = () => below(span);
  const beyondSession = () => sessionTimeout + 1_000 + below(3_000);
  const kills = (kind: "kill node" | "kill dispatcher", most: number, choices: number) =>
    Array.from({ length: 1 + below(most) }, () => ({ kind, at: moment(), for: below(2_000), which: below(choices) }) as const);
  const disturbances: readonly Disturbance[] = [
    ...kills("kill node", 3, nodes),
    ...kills("kill dispatcher", 2, dispatchers),
    { kind: "freeze node", at: moment(), for: beyondSession(), which: below(nodes) },
    ...(chance(0.3) ? [{ kind: "freeze dispatcher", at: moment(), for: beyondSession(), which: below(dispatchers) } as const] : []),
    { kind: "kill ZooKeeper", at: moment(), for: chance(0.2) ? beyondSession() : below(2_500), which: below(3) },
    { kind: "cut network", at: moment(), for: chance(0.5) ? beyondSession() : below(3_000) },
  ];
  return {
    number,
    zookeeper: Math.floor(number / roundsPerCluster) % 2 === 0 ? "ensemble" : "lone",
    queries: Array.from({ length: queries }, (_, index) => ({
      at: below(Math.ceil(span / 2)),
      client: `client-${below(5)}`,
      body: describeQuery({ index, round: number, priority: pick([100, 500, 500, 900]) }),
    })),
    disturbances: disturbances.toSorted((a, b) => a.at - b.at),
  };
}

/**
 * Each query of each round has another cut, so that nothing of it is stored, and sums weights, so that another order of adding would show.
 */
function describeQuery({ index, round, priority }: { readonly index: number; readonly round: number; readonly priority: number }): object {
  const cut = `MET.pt > ${((round * 20 + index) / 64).toString()}`;
  return {
    dataset,
    name: `round ${round}, query ${index}`,
    priority,
    define: { good: "Muon.filter(m => m.pt > 10)" },
    filter: cut,
    histograms: {
      met: { axes: [{ type: "regular", bins: 40, lower: 0, upper: 200, value: "MET.pt" }] },
      mass: {
        axes: [{ type: "regular", bins: 60, lower: 0, upper: 120, value: "good.pairs().map((a, b) => (a + b).mass)" }],
        weight: "genWeight",
      },
    },
  };
}
