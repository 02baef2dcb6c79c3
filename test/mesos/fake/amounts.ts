/** Resources in thousandths, as Mesos counts them. Only scalars: the fake has no ports, reservations, or revocable resources. */
import type { Json } from "./check-request.ts";

export type Amounts = Readonly<Record<string, number>>;

export function toAmounts(resources: readonly Json[] | undefined): Amounts {
  const amounts: Record<string, number> = {};
  for (const { name, scalar } of resources ?? []) amounts[name] = (amounts[name] ?? 0) + Math.round((scalar?.value ?? 0) * 1000);
  return amounts;
}

export function toResources(amounts: Amounts, role: string): readonly Json[] {
  return Object.entries(amounts)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]) => ({ name, type: "SCALAR", scalar: { value: amount / 1000 }, role: "*", allocation_info: { role } }));
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
