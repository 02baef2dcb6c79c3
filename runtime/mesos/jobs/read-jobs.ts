/** Reads a file of jobs. Reports all faults at once, each with its place. */
import { nearNames } from "../../../engine/query/near-names.ts";
import { amounts, isAmount, isDiskAmount, isExpression, isTaskId } from "../scheduler/check-wanted.ts";
import type { Constraint, WantedTask } from "../scheduler/wanted-task.ts";

export class JobsError extends Error {
  override readonly name = "JobsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** How often a job that does not state `retries` is launched again after failures of its own. */
const usualRetries = 2;
const mostRetries = 1_000;
const mostJobs = 100_000;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => string | undefined;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
/** No program can be given a NUL character. */
const text: Check = (value) => (typeof value === "string" && value !== "" && !value.includes("\0") ? undefined : "a text without NUL");
const amount: Check = (value) => (typeof value === "number" && isAmount(value) ? undefined : `a number ${amounts}`);
const retries: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= mostRetries ? undefined : `a whole number from 0 to ${mostRetries}`;
const list =
  (each: Check, what: string): Check =>
  (value) =>
    Array.isArray(value) && value.every((one) => !each(one)) ? undefined : what;
const environment: Check = (value) =>
  isObject(value) &&
  Object.entries(value).every(([name, each]) => /^[^=\0]+$/.test(name) && typeof each === "string" && !each.includes("\0"))
    ? undefined
    : 'an object of texts without NUL, like {"NAME": "value"}, whose names have no =';
const constraintForm = '{"attribute": "rack", "is": "r1"}, with is, isNot, like or unlike';

const checks: Readonly<Record<string, { readonly check: Check; readonly isRequired?: boolean }>> = {
  id: {
    check: (value) => (typeof value === "string" && isTaskId(value) ? undefined : "a text of 1 to 200 characters, without / and \\"),
    isRequired: true,
  },
  cpus: { check: amount, isRequired: true },
  mem: { check: amount, isRequired: true },
  disk: { check: (value) => (typeof value === "number" && isDiskAmount(value) ? undefined : `0 or a number ${amounts}`) },
  command: { check: text, isRequired: true },
  env: { check: environment },
  uris: { check: list(text, 'a list of texts, like ["http://host/file.tar.gz"]') },
  retries: { check: retries },
  constraints: { check: checkConstraints },
};

function checkConstraints(value: unknown): string | undefined {
  if (list(checkConstraint, "")(value) !== undefined) return `a list of constraints, each like ${constraintForm}`;
  const patterns = (value as readonly Readonly<Record<string, string>>[]).flatMap(({ like, unlike }) => like ?? unlike ?? []);
  const wrong = patterns.find((pattern) => !isExpression(pattern));
  return wrong === undefined ? undefined : `of regular expressions, which ${JSON.stringify(wrong)} is none of`;
}

function checkConstraint(value: unknown): string | undefined {
  if (!isObject(value) || typeof value.attribute !== "string") return constraintForm;
  const rules = Object.keys(value).filter((name) => name !== "attribute");
  const isKnown = rules.length === 1 && ["is", "isNot", "like", "unlike"].includes(rules[0]!) && typeof value[rules[0]!] === "string";
  return isKnown ? undefined : constraintForm;
}

/** Throws a `JobsError` with all faults. */
export function readJobs(json: string): readonly WantedTask[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new JobsError([`it is no JSON: ${(error as Error).message}`]);
  }
  const given = isObject(value) && Object.keys(value).length === 1 ? value.jobs : value;
  if (!Array.isArray(given) || given.length === 0)
    throw new JobsError(['it must be a list of jobs, like [{"id": "hello", "cpus": 1, "mem": 128, "command": "echo hello"}]']);
  if (given.length > mostJobs) throw new JobsError([`it has ${given.length} jobs, and ${mostJobs} are the most`]);
  const ids = new Map<unknown, number>();
  const problems = given.flatMap((job, index) => {
    const first = isObject(job) ? ids.get(job.id) : undefined;
    if (isObject(job) && first === undefined) ids.set(job.id, index);
    return [...checkJob(job, index), ...(first === undefined ? [] : [`job ${index + 1}: it has the id of job ${first + 1}`])];
  });
  if (problems.length > 0) throw new JobsError(problems);
  return (given as readonly Fields[]).map(toWanted);
}

function checkJob(job: unknown, index: number): readonly string[] {
  if (!isObject(job)) return [`job ${index + 1}: it must be an object with id, cpus, mem and command`];
  const name = typeof job.id === "string" && job.id !== "" ? `job ${index + 1} (${job.id})` : `job ${index + 1}`;
  const missing = Object.entries(checks).filter(([field, { isRequired }]) => isRequired && job[field] === undefined);
  return [
    ...missing.map(([field]) => `${name}: ${field} is missing`),
    ...Object.entries(job).flatMap(([field, value]) => {
      const known = Object.hasOwn(checks, field) ? checks[field] : undefined;
      if (known === undefined) {
        const [near] = nearNames(field, Object.keys(checks), 1);
        return [
          `${name}: there is no field ${JSON.stringify(field)}${near === undefined ? `; there are ${Object.keys(checks).join(", ")}` : `; did you mean ${near}?`}`,
        ];
      }
      const right = value === undefined ? undefined : known.check(value);
      return right === undefined ? [] : [`${name}: ${field} must be ${right}, and is ${JSON.stringify(value)?.slice(0, 80)}`];
    }),
  ];
}

function toWanted(job: Fields): WantedTask {
  const {
    id,
    cpus,
    mem,
    disk,
    command,
    env,
    uris = [],
    retries: again = usualRetries,
    constraints,
  } = job as Readonly<{
    id: string;
    cpus: number;
    mem: number;
    disk?: number;
    command: string;
    env?: Readonly<Record<string, string>>;
    uris?: readonly string[];
    retries?: number;
    constraints?: readonly Constraint[];
  }>;
  return {
    id,
    resources: { cpus, mem, ...(disk !== undefined && { disk }) },
    run: {
      kind: "command",
      command: { value: command, ...(env && { environment: env }), ...(uris.length > 0 && { uris: uris.map((value) => ({ value })) }) },
    },
    attempts: 1 + again,
    ...(constraints && { constraints }),
  };
}
