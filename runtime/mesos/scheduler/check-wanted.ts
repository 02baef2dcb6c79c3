/** Refuses tasks that Mesos would only refuse after an offer, or that could never be launched. */
import type { WantedTask } from "./wanted-task.ts";

const longestId = 200;

/** Whether this is a valid number of cpus or MB. Mesos counts in thousandths. */
export const isAmount = (value: number): boolean => value >= 0.001 && value < 1e9;
export const amounts = "from 0.001 on and below 1000000000";
/** The same for MB of disk, which may also be 0. */
export const isDiskAmount = (value: number): boolean => value === 0 || isAmount(value);

/** Throws a `RangeError` that tells what would be right. */
export function checkWanted({ id, resources, attempts, constraints = [] }: WantedTask): void {
  if (!isTaskId(id)) throw new RangeError(`Cannot run ${JSON.stringify(id)}: an id has 1 to ${longestId} characters, without / and \\`);
  const { cpus, mem, disk = 0, ports = 0 } = resources;
  for (const [name, value] of Object.entries({ cpus, mem })) {
    if (!isAmount(value)) throw new RangeError(`Cannot run ${id}: ${name} must be ${amounts}, and is ${value}`);
  }
  if (!isDiskAmount(disk)) throw new RangeError(`Cannot run ${id}: disk must be 0 or ${amounts}, and is ${disk}`);
  if (!(Number.isInteger(ports) && ports >= 0 && ports <= 1000)) {
    throw new RangeError(`Cannot run ${id}: ports must be how many it needs, up to 1000, and is ${ports}`);
  }
  if (attempts !== "unlimited" && !(Number.isInteger(attempts) && attempts >= 1)) {
    throw new RangeError(`Cannot run ${id}: attempts must be 1 or more, and is ${attempts}`);
  }
  for (const each of constraints) {
    const pattern = "like" in each ? each.like : "unlike" in each ? each.unlike : undefined;
    if (pattern !== undefined && !isExpression(pattern)) {
      throw new RangeError(`Cannot run ${id}: the constraint on ${each.attribute} is no regular expression: ${pattern}`);
    }
  }
}

/** Whether this is a valid id. Its length leaves room for the number of the attempt within Mesos' 255 characters. */
export const isTaskId = (id: string): boolean => id.length <= longestId && /^[^/\\\p{Cc}]+$/u.test(id) && id !== "." && id !== "..";

export function isExpression(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}
