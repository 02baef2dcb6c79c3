/** Tells what an error of the driver means: that it may pass, that no further attempt can help, or that a key is taken. */
import {
  MongoBulkWriteError,
  MongoCompatibilityError,
  type MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb";
import { StoreError } from "../store-error.ts";

const leastWireVersion = 9;

/** MongoDB's releases that are too old, by wire version. */
const releases: Readonly<Record<number, string>> = { 0: "2.4", 3: "3.0", 4: "3.2", 5: "3.4", 6: "3.6", 7: "4.0", 8: "4.2" };

/** Codes of server errors that may pass: shutting down, no primary now, time limit (also of replication), interrupted. */
const passing = new Set([6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** Codes of the system's connection errors, which the driver does not wrap if they interrupt a write. */
const passingInSystem = new Set(["ECONNRESET", "EPIPE", "ECONNREFUSED", "ECONNABORTED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11000;
}

/** Whether the same call may succeed soon. It may also have been carried out already, if its answer was lost. */
export function isPassing(error: unknown): boolean {
  if (isTooOld(error)) return false;
  if (error instanceof MongoServerSelectionError || error instanceof MongoNetworkError) return true;
  // The error of a bulk insert has the code of its cause, which is the server's or the system's.
  if (error instanceof Error && "code" in error && passingInSystem.has(String(error.code))) return true;
  // A bulk insert that got no answer throws an error without a code.
  if (error instanceof MongoBulkWriteError && error.code === undefined) return true;
  if (error instanceof MongoServerError) return passing.has(Number(error.code));
  return error instanceof Error && ["MongoPoolClearedError", "MongoWaitQueueTimeoutError", "MongoNotConnectedError"].includes(error.name);
}

/** Whether no later attempt can help: the server is too old, refuses the password, or the connection string is wrong. */
export function isFinal(error: unknown): boolean {
  if (isPassing(error)) return false;
  if (isTooOld(error)) return true;
  const name = error instanceof Error ? error.name : "";
  return name === "MongoParseError" || name === "MongoRuntimeError" || (error instanceof MongoServerError && error.code === 18);
}

export function explain(error: unknown, { action, hosts }: { readonly action: string; readonly hosts: string }): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const server = `MongoDB at ${hosts}`;
  if (isTooOld(error)) {
    const version = Number(/wire version (\d+)/.exec(message)?.[1]);
    const release = releases[version] === undefined ? "" : ` (MongoDB ${releases[version]})`;
    const required = `at least ${leastWireVersion} (MongoDB 4.4) is required`;
    return new StoreError("unsupported", `Cannot use ${server}: it speaks wire version ${version}${release}, and ${required}`, error);
  }
  if (isPassing(error)) return new StoreError("unavailable", `Cannot ${action}: ${server} does not answer: ${message}`, error);
  if (error instanceof MongoServerError) {
    const advice = "is its disk full, or may this user not do that?";
    return new StoreError("unavailable", `Cannot ${action}: ${server} refuses it: ${message}; ${advice}`, error);
  }
  return new StoreError("unavailable", `Cannot ${action} in ${server}: ${message}`, error);
}

function isTooOld(error: unknown): boolean {
  const { cause } = (error ?? {}) as { readonly cause?: MongoError };
  return (
    error instanceof MongoCompatibilityError || (error instanceof MongoServerSelectionError && cause instanceof MongoCompatibilityError)
  );
}
