/**
 * JSON as Mesos reads and writes it: 64-bit integers are numbers, null means absent, bytes are base64. `JSON.parse` alone would lose the last digits of
 * times in nanoseconds.
 */
import { Buffer } from "node:buffer";

/** Matches strings, so that digits inside them are not changed, and numbers. */
const stringsAndNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const longInteger = /^-?\d{16,}$/;

/** Parses JSON; integers of 16 digits and more become strings. Throws a `SyntaxError`. */
export function parseJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text, withoutNulls);
  if (!/\d{16}/.test(text)) return parsed;
  return JSON.parse(
    text.replace(stringsAndNumbers, (token) => (longInteger.test(token) ? `"${token}"` : token)),
    withoutNulls,
  );
}

const withoutNulls = (_key: string, value: unknown) => value ?? undefined;

/** Writes JSON. Integers beyond 2^53 are written as strings, which Mesos accepts. Undefined fields are left out. */
export const writeJson = (message: unknown): string => JSON.stringify(message, writeInteger);

const writeInteger = (_key: string, value: unknown) => {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
};

export const encodeBytes = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

export const decodeBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
