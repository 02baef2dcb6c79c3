/** The resources of an offer that tasks may use: cpus, memory and disk in thousandths, as integers so that sums stay exact, and ports. */
import type { Milli, Offer, Resource, ValueRange } from "../protocol/shapes.ts";
import type { TaskResources } from "./wanted-task.ts";

export interface Room {
  readonly cpus: Milli;
  readonly mem: Milli;
  readonly disk: Milli;
  readonly ports: readonly ValueRange[];
}

/** The resources that something needs, with the number of ports. */
export interface Need {
  readonly cpus: Milli;
  readonly mem: Milli;
  readonly disk: Milli;
  readonly ports: number;
}

export const nothingNeeded: Need = { cpus: 0, mem: 0, disk: 0, ports: 0 };

const toMilli = (value: number): Milli => Math.round(value * 1000);

export const needOf = ({ cpus, mem, disk = 0, ports = 0 }: TaskResources): Need => ({
  cpus: toMilli(cpus),
  mem: toMilli(mem),
  disk: toMilli(disk),
  ports,
});

export const addNeeds = (a: Need, b: Need): Need => ({
  cpus: a.cpus + b.cpus,
  mem: a.mem + b.mem,
  disk: a.disk + b.disk,
  ports: a.ports + b.ports,
});

/** The room of an offer, without reserved, revocable and shared resources and volumes. */
export function roomOf({ resources }: Pick<Offer, "resources">): Room {
  const plain = resources.filter(({ isPlain }) => isPlain);
  const sum = (wanted: string) =>
    plain.reduce((total, each) => (each.kind === "scalar" && each.name === wanted ? total + each.amount : total), 0);
  const ports = plain.flatMap((each) => (each.kind === "ranges" && each.name === "ports" ? each.ranges : []));
  return { cpus: sum("cpus"), mem: sum("mem"), disk: sum("disk"), ports };
}

const countPorts = (ports: readonly ValueRange[]): number => ports.reduce((total, { begin, end }) => total + end - begin + 1, 0);

export const fits = (need: Need, room: Room): boolean =>
  need.cpus <= room.cpus && need.mem <= room.mem && need.disk <= room.disk && (need.ports === 0 || need.ports <= countPorts(room.ports));

/** Takes resources from a room, which must have enough. */
export function take(need: Need, room: Room): { readonly rest: Room; readonly ports: readonly number[] } {
  const { taken, rest } = takePorts(room.ports, need.ports);
  return { rest: { cpus: room.cpus - need.cpus, mem: room.mem - need.mem, disk: room.disk - need.disk, ports: rest }, ports: taken };
}

function takePorts(
  ranges: readonly ValueRange[],
  count: number,
): { readonly taken: readonly number[]; readonly rest: readonly ValueRange[] } {
  if (count === 0) return { taken: [], rest: ranges };
  const taken: number[] = [];
  const rest: ValueRange[] = [];
  for (const { begin, end } of ranges) {
    let next = begin;
    while (taken.length < count && next <= end) taken.push(next++);
    if (next <= end) rest.push({ begin: next, end });
  }
  return { taken, rest };
}

/** The resources in the form of a request, with single ports. */
export function toResources(need: Need, ports: readonly number[]): readonly Resource[] {
  const scalars = (["cpus", "mem", "disk"] as const)
    .filter((name) => need[name] > 0)
    .map((name): Resource => ({ kind: "scalar", name, amount: need[name], isPlain: true }));
  if (ports.length === 0) return scalars;
  return [...scalars, { kind: "ranges", name: "ports", ranges: ports.map((port) => ({ begin: port, end: port })), isPlain: true }];
}

/** A need for people, such as "2 cpus and 4096 MB". */
export function describeNeed({ cpus, mem, disk, ports }: Need): string {
  const parts = [`${cpus / 1000} cpus`, `${mem / 1000} MB`];
  if (disk > 0) parts.push(`${disk / 1000} MB of disk`);
  if (ports > 0) parts.push(ports === 1 ? "1 port" : `${ports} ports`);
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export const describeRoom = (room: Room, alike: Need): string =>
  describeNeed({
    cpus: room.cpus,
    mem: room.mem,
    disk: alike.disk > 0 ? room.disk : 0,
    ports: alike.ports > 0 ? countPorts(room.ports) : 0,
  });

/** The one with the most cpus, then the most memory; `all` must not be empty. */
export const biggestOf = <Roomy extends { readonly room: Room }>(all: readonly Roomy[]): Roomy =>
  all.reduce((a, b) => (b.room.cpus > a.room.cpus || (b.room.cpus === a.room.cpus && b.room.mem > a.room.mem) ? b : a));
