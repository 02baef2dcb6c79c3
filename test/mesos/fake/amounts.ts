/** Resources in thousandths, as Mesos counts them, and each port by itself. The fake has no reservations, or revocable resources. */
import type { Json } from "./check-request.ts";

export type Amounts = Readonly<Record<string, number>>;

export function toAmounts(resources: readonly Json[] | undefined): Amounts {
  const amounts: Record<string, number> = {};
  for (const { name, scalar, ranges } of resources ?? []) {
    if (scalar) amounts[name] = (amounts[name] ?? 0) + Math.round(scalar.value * 1000);
    for (const { begin, end } of ranges?.range ?? [])
      for (let port = begin; port <= end; port++) amounts[`port ${port}`] = (amounts[`port ${port}`] ?? 0) + 1;
  }
  return amounts;
}

export function toResources(amounts: Amounts, role: string): readonly Json[] {
  const shared = { role: "*", allocation_info: { role } };
  const there = Object.entries(amounts).filter(([, amount]) => amount > 0);
  const scalars = there
    .filter(([name]) => !name.startsWith("port "))
    .map(([name, amount]) => ({ name, type: "SCALAR", scalar: { value: amount / 1000 }, ...shared }));
  const range: { begin: number; end: number }[] = [];
  for (const [name] of there.filter((each) => !scalars.some((scalar) => scalar.name === each[0]))) {
    const port = Number(name.slice("port ".length));
    if (range.at(-1)?.end === port - 1) range.at(-1)!.end = port;
    else range.push({ begin: port, end: port });
  }
  return range.length === 0 ? scalars : [...scalars, { name: "ports", type: "RANGES", ranges: { range }, ...shared }];
}

export function add(a: Amounts, b: Amounts, sign: 1 | -1 = 1): Amounts {
  const sum: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + sign * amount;
  return sum;
}

/** Whether `a` holds no more of anything than `b`. */
export function fitsIn(a: Amounts, b: Amounts): boolean {
  return Object.entries(a).every(([name, amount]) => amount <= (b[name] ?? 0));
}
