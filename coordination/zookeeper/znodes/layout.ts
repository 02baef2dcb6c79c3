/** The paths and names of the znodes. docs/znodes.md describes their content, and when they come and go. */
import { createHash } from "node:crypto";
import { clientOf } from "../../coordinator.ts";

export const layoutName = "femtoq coordination";
export const layoutVersion = 6;

export const shardCount = 64;
const guardCount = 64;
const mostDatasetLength = 80;

export interface Layout {
  readonly base: string;
  readonly epoch: string;
  readonly returned: string;
  readonly interest: string;
  readonly queries: string;
  readonly claims: string;
  readonly failed: string;
  readonly held: string;
  readonly nodes: string;
  readonly news: string;
  /** The only one of these that is no folder. */
  readonly supply: string;
  readonly withdrawn: string;
  readonly locks: string;
  readonly copies: string;
  readonly clock: string;
  readonly lost: string;
  readonly shards: readonly string[];
  readonly guards: readonly string[];
}

export function createLayout(base: string): Layout {
  const under = (name: string) => `${base}/${name}`;
  const numbered = (folder: string, count: number) =>
    Array.from({ length: count }, (_, number) => under(`${folder}/${number.toString(16).padStart(2, "0")}`));
  return {
    base,
    shards: numbered("subtasks", shardCount),
    guards: numbered("guards", guardCount),
    epoch: under("epoch"),
    returned: under("returned"),
    interest: under("interest"),
    queries: under("queries"),
    claims: under("claims"),
    failed: under("failed"),
    held: under("held"),
    nodes: under("nodes"),
    news: under("news"),
    supply: under("supply"),
    withdrawn: under("withdrawn"),
    locks: under("locks"),
    copies: under("copies"),
    clock: under("clock"),
    lost: under("lost"),
  };
}

/** Returns 132 bits of SHA-256 as 22 characters that may stand in a path. All texts are named in ZooKeeper by this. */
export function hashName(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The shard of a hash. A name that is no hash is accepted, too: such a znode is looked for in the first shard and not found. */
export const shardOf = (hash: string): number => Math.max(0, alphabet.indexOf(hash[0]!));
export const isHash = (name: string): boolean => /^[\w-]{22}$/.test(name);
/** The path of the znode that changes with each request for a group of programs that includes this one. */
export const guardPath = ({ guards }: Layout, program: string): string => guards[shardOf(program)]!;
export const subtaskPath = ({ shards }: Layout, hash: string): string => `${shards[shardOf(hash)]}/${hash}`;

const runningMark = ".running";

export const claimPath = ({ claims }: Layout, hash: string): string => `${claims}/${hash}`;
export const runningPath = ({ claims }: Layout, hash: string): string => `${claims}/${hash}${runningMark}`;

/** The path of the znode that tells that a claim was lost. `entry` is the path of the claim's entry, `INSTANCE/HASH` below `held`. */
export const lostPath = ({ held, lost }: Layout, entry: string): string => `${lost}/${entry.slice(held.length + 1).replace("/", ".")}`;

export const copyPath = ({ copies }: Layout, hash: string): string => `${copies}/${hash}`;

/** The subtask's hash in the name of its claim, or of the znode that tells that the claim runs. */
export const hashOfClaim = (name: string): string => (name.endsWith(runningMark) ? name.slice(0, -runningMark.length) : name);

/** Reads from names which subtasks are claimed, and of which computing has begun. */
export function readClaimNames(names: readonly string[]): { readonly claimed: ReadonlySet<string>; readonly running: ReadonlySet<string> } {
  const claimed = new Set<string>();
  const running = new Set<string>();
  for (const name of names) {
    if (name.endsWith(runningMark)) running.add(name.slice(0, -runningMark.length));
    else claimed.add(name);
  }
  return { claimed, running };
}

/** Hashes the holder of an interest, a client or one of its tabs, to text that may stand in a path. The first half identifies the client. */
export function hashHolder(interested: string): string {
  const client = clientOf(interested);
  if (client === interested) return hashName(client);
  return hashName(client).slice(0, holderHalf) + hashName(interested).slice(holderHalf);
}

const holderHalf = 11;

/** An interest in a query, as its name in a listing tells it. */
export interface InterestName {
  readonly name: string;
  readonly priority: number;
  readonly query: string;
  /** The `hashHolder` of the client or tab that is interested. */
  readonly holder: string;
  /** The part of `holder` that identifies the client. */
  readonly client: string;
  /** Grows from interest to interest. */
  readonly sequence: number;
}

/** `PRIORITY.QUERY.CLIENT.DATASET.`, to which ZooKeeper appends the sequence. */
export function interestPrefix({ priority, query, holder }: Pick<InterestName, "priority" | "query" | "holder">, dataset: string): string {
  const escaped = encodeURIComponent(dataset.toWellFormed()).replaceAll(".", "%2E").slice(0, mostDatasetLength);
  return `${priority.toString().padStart(3, "0")}.${query}.${holder}.${escaped}.`;
}

const interestPattern = /^(?<priority>\d{3})\.(?<query>[\w-]{22})\.(?<holder>[\w-]{22})\.[^.]*\.(?<sequence>-?\d{10})$/;

/** Undefined if the name is malformed. */
export function parseInterestName(name: string): InterestName | undefined {
  const { priority, query, holder, sequence } = interestPattern.exec(name)?.groups ?? {};
  if (query === undefined || holder === undefined) return undefined;
  return { name, priority: Number(priority), query, holder, client: holder.slice(0, holderHalf), sequence: Number(sequence) };
}

/** `PROGRAM.`, to which ZooKeeper appends the sequence. */
export const segmentPrefix = (program: string): string => `${program}.`;
/** The name of the first segment of a new query. */
export const firstSegmentName = (program: string): string => `${segmentPrefix(program)}0000000000`;
export const segmentProgram = (name: string): string => name.slice(0, 22);
export const segmentSequence = (name: string): number => Number(name.slice(23));
export const isSegmentName = (name: string): boolean => /^[\w-]{22}\.\d{10}$/.test(name);

/** The name of a failed subtask's znode; these sort by the time of failure. */
export const failedName = (hash: string, now: number): string => `${now.toString(36).padStart(9, "0")}.${hash}`;
export const isFailedName = (name: string): boolean => /^[0-9a-z]{9,}\.[\w-]{22}$/.test(name);
export const failedHash = (name: string): string => name.slice(name.indexOf(".") + 1);

export const instanceName = (nodeId: string, random: string): string => `${hashName(nodeId)}.${random}`;
