/** Checks that read the values of options from text: each returns the value, or says what would be right. */
import { isIP } from "node:net";
import { availableParallelism, totalmem } from "node:os";
import { resolve } from "node:path";
import process from "node:process";
import { z } from "zod";
import { parseConnectionString } from "../../../coordination/zookeeper/protocol/connection-string.ts";
import { type DataOption, parseDataOption } from "../../../datasets/catalogue/data-option.ts";
import { parseTokenFiles } from "../../../datasets/sources/http/token-file.ts";
import { formatSize, parseDuration, parseSize } from "./units.ts";

export const smallestMemory = 64 * 2 ** 20;
export const usualThreads = availableParallelism();
export const machineMemory = findMachineMemory();
const shortestKeep = 600_000;

export const wholeNumber = (least: number, most: number) => {
  const required = `a whole number from ${least} to ${most} is required`;
  const isWithin = (value: number) => value >= least && value <= most;
  return z
    .string()
    .regex(/^\d{1,9}$/, required)
    .transform(Number)
    .refine(isWithin, required);
};

/** A size in bytes. */
export const size = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .transform((text) => parseSize(text) ?? Number.NaN)
    .refine((bytes) => !Number.isNaN(bytes), "a size is required, such as 2GiB, 500MB or a number of bytes")
    .refine((bytes) => !(bytes < least), `at least ${formatSize(least)} is required`)
    .refine((bytes) => !(bytes > most), `this machine has ${formatSize(most)}`);

/** A time in milliseconds. */
export const time = (least: number, most: number) =>
  z
    .string()
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine((value) => value >= least && value <= most, `a time from ${formatTime(least)} to ${formatTime(most)} is required`);

const formatTime = (milliseconds: number) => (milliseconds >= 1000 ? `${milliseconds / 1000}s` : `${milliseconds}ms`);

/** A time in milliseconds; undefined means for ever. */
export const keep = z
  .string()
  .transform((text) => (text === "forever" ? undefined : (parseDuration(text) ?? Number.NaN)))
  .refine((value) => !Number.isNaN(value), "a time is required, such as 14d, 12h or 90min, or forever")
  .refine((value) => !(value !== undefined && value < shortestKeep), "at least 10min is required");

/** An absolute path. */
export const path = (what: string) =>
  z
    .string()
    .min(1, `${what} is required`)
    .transform((text) => resolve(text));

const smallestDisk = 16 * 2 ** 20;

/** A directory, and the most bytes that it may take. */
export const sizedDirectory = z
  .string()
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return { directory: text.slice(0, Math.max(0, colon)), bytes: parseSize(text.slice(colon + 1)) ?? Number.NaN };
  })
  .refine(
    ({ directory, bytes }) => directory !== "" && bytes >= smallestDisk,
    `a directory, a colon and a size of at least ${formatSize(smallestDisk)} are required, such as /scratch/femtoq:100GiB`,
  )
  .transform(({ directory, bytes }) => ({ directory: resolve(directory), bytes }));

/** A path, or several paths for one host each. Returns absolute ones. */
export const tokenFiles = z
  .string()
  .min(1, "a path is required, or HOST=PATH")
  .refine((text) => parseTokenFiles(text) !== undefined, "one PATH is required, or HOST=PATH,HOST=PATH")
  .transform((text) =>
    parseTokenFiles(text)!
      .map(({ host, path }) => `${host === undefined ? "" : `${host}=`}${resolve(path)}`)
      .join(","),
  );

export const httpUrl = (example: string) =>
  z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), `a URL is required, such as ${example}`);

/** Whether the text is an IP address, or one with the number of bits of its network. */
export function isNetwork(text: string): boolean {
  const [, address = "", bits = "0"] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  return isIP(address) !== 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

export const oneOf = <const Names extends readonly string[]>(names: Names) => z.enum(names, `one of ${names.join(", ")} is required`);

export const zookeeperServers = z.string().superRefine((text, context) => {
  orIssue(context, () => parseConnectionString(text));
});

export const datasets = z
  .array(z.string().transform((text, context): DataOption => orIssue(context, () => parseDataOption(text)) ?? z.NEVER))
  .superRefine((options, context) => {
    options.forEach(({ name }, index) => {
      if (options.findIndex((other) => other.name === name) === index) return;
      context.addIssue({ code: "custom", message: `dataset ${name} is given twice; give each a name of its own` });
    });
  })
  .readonly();

/** Returns what `parse` returns. If it throws, its message becomes an issue. */
function orIssue<T>(context: z.RefinementCtx, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    context.addIssue({ code: "custom", message: error.message.replace("Cannot use the dataset: ", "") });
    return undefined;
  }
}

/** The bytes of memory that this process may use: those of the machine, or of its container if these are fewer. */
function findMachineMemory(): number {
  // If there is no limit, Node 20 returns 0 or an enormous number. Deno may not have the function.
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
