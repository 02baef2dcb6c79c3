/** The errors of ZooKeeper: what it refused, or why it could not be asked. */
import zookeeper from "node-zookeeper-client";

export type ZooKeeperErrorCode =
  /** In doubt: the request may or may not have been carried out. */
  | "connection-loss"
  /** The session is over. Requests in flight are in doubt, and none of them can be carried out any more. */
  | "session-lost"
  | "no-node"
  | "node-exists"
  | "bad-version"
  | "not-empty"
  /** The znode is ephemeral, so no znode can be created below it. */
  | "ephemeral"
  | "no-auth"
  | "refused";

export class ZooKeeperError extends Error {
  override readonly name = "ZooKeeperError";
  readonly code: ZooKeeperErrorCode;
  /** The index of the refused operation in its transaction; −1 if it is not known. */
  readonly index: number;

  constructor(
    code: ZooKeeperErrorCode,
    message: string,
    { index = -1, cause }: { readonly index?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.index = index;
  }
}

export type ZooKeeperSetupCode =
  /** The connection string, the root, or the name and password are malformed. */
  | "bad-address"
  | "bad-root"
  | "bad-auth"
  /** The path in the connection string does not exist. */
  | "no-chroot"
  /** The root's path is in use for something else. */
  | "alien-root"
  | "other-layout"
  /** A password was given, but the existing root is open to everybody. */
  | "open-root";

/** ZooKeeper cannot be used with this configuration; trying again does not help. */
export class ZooKeeperSetupError extends Error {
  override readonly name = "ZooKeeperSetupError";
  readonly code: ZooKeeperSetupCode;

  constructor(code: ZooKeeperSetupCode, message: string) {
    super(message);
    this.code = code;
  }
}

const { Exception } = zookeeper;

const codes = new Map<number, ZooKeeperErrorCode>([
  [Exception.CONNECTION_LOSS, "connection-loss"],
  [Exception.OPERATION_TIMEOUT, "connection-loss"],
  [Exception.SESSION_EXPIRED, "session-lost"],
  [Exception.NO_NODE, "no-node"],
  [Exception.NODE_EXISTS, "node-exists"],
  [Exception.BAD_VERSION, "bad-version"],
  [Exception.NOT_EMPTY, "not-empty"],
  [Exception.NO_CHILDREN_FOR_EPHEMERALS, "ephemeral"],
  [Exception.NO_AUTH, "no-auth"],
  [Exception.AUTH_FAILED, "no-auth"],
  [Exception.INVALID_ACL, "no-auth"],
]);

export function describeException(action: string, path: string, cause: { readonly code: number }, index?: number): ZooKeeperError {
  const code = codes.get(cause.code) ?? "refused";
  const advice = code === "no-auth" ? "; give the name and password of its owner (--zookeeper-auth)" : "";
  return new ZooKeeperError(code, `Cannot ${action} ${path} in ZooKeeper: ${code} (${cause.code})${advice}`, {
    ...(index !== undefined && { index }),
    cause,
  });
}

export function isRefused(error: unknown, ...refusals: readonly ZooKeeperErrorCode[]): error is ZooKeeperError {
  return error instanceof ZooKeeperError && refusals.includes(error.code);
}

/** Whether the request may or may not have been carried out. */
export function isInDoubt(error: unknown): error is ZooKeeperError {
  return isRefused(error, "connection-loss", "session-lost");
}

/** Handles errors of actions for which nobody waits. It ignores errors in doubt, since everything is looked at again after a lost connection. */
export function unlessInDoubt(onError: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!isInDoubt(error)) onError(error);
  };
}

/** Carries out an action, and ignores these refusals: they mean that another process was first, so that the action is done or no longer necessary. */
export async function unlessRefused(refusals: readonly ZooKeeperErrorCode[], action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isRefused(error, ...refusals)) throw error;
  }
}
