/** Paths and names of the znodes. What they hold and when they come and go: docs/znodes.md. */
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
  /** The one of these that is no folder. */
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

/** 132 bits of SHA-256 as 22 characters that may stand in a path: what any text is called in ZooKeeper. */
export function hashName(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Takes a name that is no hash, too: such a znode is then looked for in the first shard, and not found. */
export const shardOf = (hash: string): number => Math.max(0, alphabet.indexOf(hash[0]!));
export const isHash = (name: string): boolean => /^[\w-]{22}$/.test(name);
/** Changes with all that is asked of programs, this one among them. */
export const guardPath = ({ guards }: Layout, program: string): string => guards[shardOf(program)]!;
export const subtaskPath = ({ shards }: Layout, hash: string): string => `${shards[shardOf(hash)]}/${hash}`;

const runningMark = ".running";

export const claimPath = ({ claims }: Layout, hash: string): string => `${claims}/${hash}`;
export const runningPath = ({ claims }: Layout, hash: string): string => `${claims}/${hash}${runningMark}`;

/** What says that a claim was lost; `entry`: the path of what its node held, `INSTANCE/HASH` below `held`. */
export const lostPath = ({ held, lost }: Layout, entry: string): string => `${lost}/${entry.slice(held.length + 1).replace("/", ".")}`;

export const copyPath = ({ copies }: Layout, hash: string): string => `${copies}/${hash}`;

/** The subtask's hash, from the name of its claim or of the znode that says that the claim runs. */
export const hashOfClaim = (name: string): string => (name.endsWith(runningMark) ? name.slice(0, -runningMark.length) : name);

/** Who is on it, and which of these say that they compute. */
export function readClaimNames(names: readonly string[]): { readonly claimed: ReadonlySet<string>; readonly running: ReadonlySet<string> } {
  const claimed = new Set<string>();
  const running = new Set<string>();
  for (const name of names) {
    if (name.endsWith(runningMark)) running.add(name.slice(0, -runningMark.length));
    else claimed.add(name);
  }
  return { claimed, running };
}

/** Who is interested, a client or one of its tabs, as text that may stand in a path: the first half tells the client. */
export function hashHolder(interested: string): string {
  const client = clientOf(interested);
  if (client === interested) return hashName(client);
  return hashName(client).slice(0, holderHalf) + hashName(interested).slice(holderHalf);
}

const holderHalf = 11;

/** A client's interest in a query, as a listing shows it. */
export interface InterestName {
  readonly name: string;
  readonly priority: number;
  readonly query: string;
  /** `hashHolder` of who is interested. */
  readonly holder: string;
  /** The part of it that tells the client. */
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

/** Undefined where it is not the name of such a znode. */
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

/** Sorts by when it failed. */
export const failedName = (hash: string, now: number): string => `${now.toString(36).padStart(9, "0")}.${hash}`;
export const isFailedName = (name: string): boolean => /^[0-9a-z]{9,}\.[\w-]{22}$/.test(name);
export const failedHash = (name: string): string => name.slice(name.indexOf(".") + 1);

export const instanceName = (nodeId: string, random: string): string => `${hashName(nodeId)}.${random}`;
