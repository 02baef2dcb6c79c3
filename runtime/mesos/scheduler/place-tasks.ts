/**
 * Decides which task is launched on which offer: first fit, several tasks to an offer. If a task fits several offers, preferred agents come first, then agents
 * with fewer tasks of its group, then agents where its last launch did not fail, then earlier offers.
 */
import type { Offer } from "../protocol/shapes.ts";
import { attributeOf, meets } from "./constraints.ts";
import { addNeeds, fits, type Need, needOf, type Room, take } from "./room.ts";
import type { Placement, Task } from "./task.ts";
import { executorIdOf, executorNeed, taskIdOf } from "./task-info.ts";
import type { WantedTask } from "./wanted-task.ts";

export interface OfferedRoom {
  readonly offer: Offer;
  readonly room: Room;
}

export interface Placed {
  readonly task: Task;
  readonly placement: Placement;
}

interface OpenOffer {
  readonly offer: Offer;
  room: Room;
  readonly executors: Set<string>;
  readonly placed: Placed[];
}

/** Returns the placed tasks by the id of their offer; each is its task's next attempt. `live` holds the tasks that were launched and have not ended. */
export function placeTasks(
  ready: Iterable<Task>,
  offers: readonly OfferedRoom[],
  live: Iterable<Task>,
): ReadonlyMap<string, readonly Placed[]> {
  const open = offers.map(({ offer, room }): OpenOffer => ({ offer, room, executors: new Set(offer.executorIds), placed: [] }));
  const groups = new Groups(live);
  const hopeless = new Set<string>();
  for (const task of ready) {
    const { need, own, shape } = factsOf(task.wanted);
    // A task of the same shape found no offer, and offers only shrink.
    if (hopeless.has(shape)) continue;
    const taskId = taskIdOf(task.wanted.id, task.attempt + 1);
    const executorId = executorIdOf(task.wanted, taskId);
    const needIn = ({ executors }: OpenOffer) => (executorId === undefined || executors.has(executorId) ? need : addNeeds(need, own));
    const fitting = open.filter((each) => fits(needIn(each), each.room) && meetsAll(task.wanted, each.offer, groups));
    if (fitting.length === 0) {
      hopeless.add(shape);
      continue;
    }
    const best = fitting.reduce((a, b) => (compare(task, b.offer, a.offer, groups) < 0 ? b : a));
    const { rest, ports } = take(needIn(best), best.room);
    best.room = rest;
    if (executorId !== undefined) best.executors.add(executorId);
    const { agentId, hostname } = best.offer;
    const attributes = countedAttributes(task.wanted, best.offer);
    const placement = {
      taskId,
      ...(executorId !== undefined && { executorId }),
      agentId,
      hostname,
      ports,
      ...(attributes && { attributes }),
    };
    best.placed.push({ task, placement });
    groups.add(task.wanted.group, placement);
  }
  return new Map(open.filter(({ placed }) => placed.length > 0).map(({ offer, placed }) => [offer.id, placed]));
}

/** Negative if `a` is the better offer for the task. */
function compare(task: Task, a: Offer, b: Offer, groups: Groups): number {
  const { preferredAgents = [], group } = task.wanted;
  const isPreferred = ({ agentId, hostname }: Offer) => preferredAgents.includes(agentId) || preferredAgents.includes(hostname);
  const cameToNothing = ({ agentId }: Offer) => task.placement?.agentId === agentId && task.setbacks > 0;
  return (
    Number(isPreferred(b)) - Number(isPreferred(a)) ||
    groups.countOn(group, a.agentId) - groups.countOn(group, b.agentId) ||
    Number(cameToNothing(a)) - Number(cameToNothing(b))
  );
}

const meetsAll = ({ constraints = [], group }: WantedTask, offer: Offer, groups: Groups): boolean =>
  constraints.every((each) => meets(offer, each, (attribute, value) => groups.countAlike(group, attribute, value)));

function countedAttributes({ constraints = [] }: WantedTask, offer: Offer): Readonly<Record<string, string>> | undefined {
  const counted = constraints.filter((each) => "most" in each && each.attribute !== "hostname");
  if (counted.length === 0) return undefined;
  return Object.fromEntries(counted.map(({ attribute }) => [attribute, attributeOf(offer, attribute) ?? ""]));
}

/** Counts the live tasks of each group by agent and by attribute. */
class Groups {
  readonly #counts = new Map<string, number>();

  constructor(live: Iterable<Task>) {
    for (const { wanted, placement } of live) if (placement) this.add(wanted.group, placement);
  }

  add(group: string | undefined, { agentId, hostname, attributes = {} }: Placement): void {
    if (group === undefined) return;
    this.#increment([group, agentId]);
    for (const [name, value] of Object.entries({ ...attributes, hostname })) this.#increment([group, name, value]);
  }

  countOn = (group: string | undefined, agentId: string): number => (group === undefined ? 0 : this.#count([group, agentId]));

  countAlike = (group: string | undefined, attribute: string, value: string): number =>
    group === undefined ? 0 : this.#count([group, attribute, value]);

  #count = (parts: readonly string[]): number => this.#counts.get(JSON.stringify(parts)) ?? 0;

  #increment(parts: readonly string[]): void {
    this.#counts.set(JSON.stringify(parts), this.#count(parts) + 1);
  }
}

interface Facts {
  readonly need: Need;
  /** What its executor needs. */
  readonly own: Need;
  /** Tasks of the same shape fit the same offers. */
  readonly shape: string;
}

const facts = new WeakMap<WantedTask, Facts>();

function factsOf(wanted: WantedTask): Facts {
  const known = facts.get(wanted);
  if (known) return known;
  const { resources, constraints, group, run } = wanted;
  const shape = JSON.stringify([
    resources,
    constraints,
    constraints && group,
    run.kind === "executor" && [run.id, run.resources, run.id !== undefined && run],
  ]);
  const made = { need: needOf(resources), own: executorNeed(wanted), shape };
  facts.set(wanted, made);
  return made;
}
