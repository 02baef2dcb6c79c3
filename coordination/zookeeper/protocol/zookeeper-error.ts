/** What ZooKeeper refused, or why it could not be asked. */
import zookeeper from "node-zookeeper-client";

export type ZooKeeperErrorCode =
  /** In doubt: what was asked may have happened or not. */
  | "connection-loss"
  /** The session is over; what was in flight is in doubt, and nothing of it can happen any more. */
  | "session-lost"
  | "no-node"
  | "node-exists"
  | "bad-version"
  | "not-empty"
  /** Nothing can be below it. */
  | "ephemeral"
  | "no-auth"
  | "refused";

export class ZooKeeperError extends Error {
  override readonly name = "ZooKeeperError";
  readonly code: ZooKeeperErrorCode;
  /** The index of the refused operation in its transaction; −1 where that is not known. */
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
  /** Not of the form that a connection string, a root, a name and password have. */
  | "bad-address"
  | "bad-root"
  | "bad-auth"
  /** The path of the connection string is not there. */
  | "no-chroot"
  /** Something else is where the root would be. */
  | "alien-root"
  | "other-layout"
  /** A password was given, and what is there is open to everybody. */
  | "open-root";

/** ZooKeeper cannot be used as it is configured: trying again does not help. */
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

/** What was asked may have happened or not. */
export function isInDoubt(error: unknown): error is ZooKeeperError {
  return isRefused(error, "connection-loss", "session-lost");
}

/** For the end of what nobody waits for: after a lost connection everything is looked at again, so that what was in doubt is no error. */
export function unlessInDoubt(onError: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (!isInDoubt(error)) onError(error);
  };
}

/** Does something that may be refused because somebody else was first: then it is done, or no longer to be done. */
export async function unlessRefused(refusals: readonly ZooKeeperErrorCode[], action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isRefused(error, ...refusals)) throw error;
  }
}
