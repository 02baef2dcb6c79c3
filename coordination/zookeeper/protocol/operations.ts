/** The parts of a transaction: all happen at once, or none. */

export type Operation =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly data?: Buffer;
      readonly mode?: "ephemeral" | "sequential" | "ephemeral-sequential";
    }
  | { readonly kind: "remove" | "check"; readonly path: string; readonly version?: number }
  | { readonly kind: "set"; readonly path: string; readonly data: Buffer; readonly version?: number };

export const create = (path: string, data?: Buffer): Operation => ({ kind: "create", path, ...(data && { data }) });
export const createEphemeral = (path: string, data: Buffer): Operation => ({ kind: "create", path, data, mode: "ephemeral" });
/** Creates a znode to whose path ZooKeeper appends ten digits, which grow from one such znode to the next. */
export const createSequential = (path: string, data?: Buffer): Operation => ({
  kind: "create",
  path,
  mode: "sequential",
  ...(data && { data }),
});
export const remove = (path: string): Operation => ({ kind: "remove", path });
/** Requires the znode to exist, and to have this version if one is given. */
export const check = (path: string, version = -1): Operation => ({ kind: "check", path, version });
export const set = (path: string, data: Buffer, version = -1): Operation => ({ kind: "set", path, data, version });
