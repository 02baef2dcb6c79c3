/** The types of what we use of this package, including the parts of its connection manager that `patch-client.ts` mends. */
declare module "node-zookeeper-client" {
  import type { EventEmitter } from "node:events";
  import type { Socket } from "node:net";

  export interface Server {
    readonly host: string;
    readonly port: number;
  }

  /** 64-bit numbers are buffers of eight bytes, big-endian. */
  export interface Stat {
    readonly czxid: Buffer;
    readonly mzxid: Buffer;
    readonly ctime: Buffer;
    readonly mtime: Buffer;
    /** The transaction that last changed its children. */
    readonly pzxid: Buffer;
    readonly ephemeralOwner: Buffer;
    readonly version: number;
    readonly cversion: number;
    readonly numChildren: number;
  }

  export class Exception extends Error {
    readonly code: number;
    static readonly CONNECTION_LOSS: number;
    static readonly OPERATION_TIMEOUT: number;
    static readonly NO_NODE: number;
    static readonly NO_AUTH: number;
    static readonly BAD_VERSION: number;
    static readonly NODE_EXISTS: number;
    static readonly NOT_EMPTY: number;
    static readonly NO_CHILDREN_FOR_EPHEMERALS: number;
    static readonly SESSION_EXPIRED: number;
    static readonly AUTH_FAILED: number;
    static readonly INVALID_ACL: number;
  }

  export interface Request {
    readonly header: { readonly type: number; xid: number };
    toBuffer(): Buffer;
  }

  /** For a transaction: the outcome of each operation. */
  export interface Response {
    readonly payload?: { readonly results?: readonly { readonly type: number; readonly err?: number; readonly path?: string }[] };
  }

  export interface ConnectionManager {
    xid: number;
    servers: readonly Server[];
    readonly sessionTimeout: number;
    readonly socket: Socket | undefined;
    readonly packetQueue: { readonly queue: unknown[] };
    readonly connectTimeoutHandler: ReturnType<typeof setTimeout> | null;
    connect(): void;
    queue(request: Request, callback: (error: Exception | null, response?: Response) => void): void;
    findNextServer(callback: (server: Server) => void): void;
    onSocketData(data: Buffer): void;
    onSocketError(error: Error): void;
    onSocketClosed(hadError: boolean): void;
    onPacketQueueReadable(): void;
    updateTimeout(milliseconds: number): void;
  }

  export type Watcher = (event: { getType(): number }) => void;
  type Answer<Values extends readonly unknown[]> = (error: Exception | null, ...values: Values) => void;
  export type Acl = { readonly permission: number; readonly id: { readonly scheme: string; readonly id: string } };

  export interface Client extends EventEmitter {
    readonly connectionManager: ConnectionManager;
    connect(): void;
    close(): void;
    addAuthInfo(scheme: string, auth: Buffer): void;
    getSessionId(): Buffer;
    getData(path: string, watcher: Watcher | undefined, callback: Answer<[data: Buffer | undefined, stat: Stat]>): void;
    exists(path: string, watcher: Watcher | undefined, callback: Answer<[stat: Stat | null]>): void;
    getChildren(path: string, watcher: Watcher | undefined, callback: Answer<[children: readonly string[], stat: Stat]>): void;
    getACL(path: string, callback: Answer<[acl: readonly Acl[], stat: Stat]>): void;
  }

  interface Package {
    createClient(hosts: string, options: { readonly sessionTimeout: number; readonly retries: number }): Client;
    readonly Exception: typeof Exception;
    readonly Event: { readonly NODE_DELETED: number };
  }

  const zookeeper: Package;
  export default zookeeper;
}
