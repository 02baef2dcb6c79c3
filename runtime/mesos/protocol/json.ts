/**
 * JSON as Mesos reads and writes it: integers of 64 bits are numbers, null is as good as nothing, bytes are base64. `JSON.parse` alone would lose the last
 * digits of a time in nanoseconds.
 */
import { Buffer } from "node:buffer";

/** Strings, so that digits within them stay as they are, or whole numbers. */
const stringsAndNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const longInteger = /^-?\d{16,}$/;

/** Integers of 16 digits and more come as texts. Throws a `SyntaxError`. */
export function parseJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text, withoutNulls);
  if (!/\d{16}/.test(text)) return parsed;
  return JSON.parse(
    text.replace(stringsAndNumbers, (token) => (longInteger.test(token) ? `"${token}"` : token)),
    withoutNulls,
  );
}

const withoutNulls = (_key: string, value: unknown) => value ?? undefined;

/** Mesos reads integers from texts, too, so those that a number does not hold are sent as such. Fields that are undefined are left out. */
export const writeJson = (message: unknown): string => JSON.stringify(message, writeInteger);

const writeInteger = (_key: string, value: unknown) => {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
};

export const encodeBytes = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

export const decodeBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
