/** Random filters of the whole language, among them cuts that few events pass. */

import { ExpressionGenerator } from "../engine/random/generate-expression.ts";
import type { Seeded } from "../seeded.ts";

const values = ["x", "y", "n", "u", "entry", "MET.pt", "hits.length", "hits.max()", "Muon.length", "Muon.sum(m => m.pt)", "Jet[0].btag"];
const limits = ["-1e9", "-4.5", "0", "0.5", "3", "60", "95", "2 ** 40"];

export function randomFilters(random: Seeded, missing: boolean): { readonly define: object; readonly filter: readonly string[] } {
  const generator = new ExpressionGenerator(random, missing);
  const define: Record<string, string> = {};
  if (random.chance(0.4)) {
    const { piece, element } = generator.lists.any(2 + random.below(8));
    define.d0 = piece.text;
    generator.names = [{ name: "d0", element: { kind: "list", element } }];
  }
  const filter = Array.from({ length: 1 + random.below(3) }, () => {
    if (random.chance(0.4)) return generator.boolean(2 + random.below(10)).text;
    const cut = (): string => {
      const whole = `${random.pick(values)} ${random.pick(["<", "<=", ">", ">=", "==", "!="])} ${random.pick(limits)}`;
      switch (random.below(6)) {
        case 0:
          return `!(${whole})`;
        case 1:
          return `(${whole}) ${random.pick(["&&", "||"])} (${cut()})`;
        case 2:
          return `((${whole}) ?? ${random.chance(0.5)})`;
        case 3:
          return `Muon.${random.pick(["some", "every"])}(m => m.pt > ${random.pick(limits)} && ${whole})`;
        default:
          return whole;
      }
    };
    return cut();
  });
  return { define, filter };
}
