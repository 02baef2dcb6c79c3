/**
 * Audits ZooKeeper's transaction log: a session that completes a subtask must hold its claim at that moment, and each subtask is completed once each time it is
 * queued.
 */

export interface Transaction {
  /** The number of the transaction, which grows, as sixteen hexadecimal digits. */
  readonly number: string;
  readonly session: string;
  readonly operations: readonly Operation[];
}

export type Operation =
  | { readonly kind: "create" | "ephemeral" | "remove" | "set" | "check"; readonly path: string }
  /** The session has ended, and its ephemeral znodes go with it. */
  | { readonly kind: "end" };

export interface Audit {
  readonly asked: number;
  readonly claimed: number;
  /** Second copies of subtasks that another node had claimed. */
  readonly copied: number;
  readonly completed: number;
  /** Claims and copies that ended because their session did. */
  readonly lost: number;
  /** Subtasks that are still in the queue. */
  readonly left: number;
  /** The violations, one line each. */
  readonly violations: readonly string[];
}

/**
 * Reads the logs of all members of an ensemble, as `PrintTransactions` prints them. Returns each transaction once, in the order of their numbers. A transaction that
 * fewer than half of the members have was never committed: a leader that then lost its followers had proposed it, and its log may keep it.
 */
export function readTransactions(logs: readonly string[]): readonly Transaction[] {
  const byNumber = new Map<string, { readonly transaction: Transaction; readonly members: Set<number> }>();
  for (const [member, log] of logs.entries()) {
    for (const line of log.split("\n")) {
      const [zxid, session, ...fields] = line.split("\t");
      if (!zxid || session === undefined) continue;
      const number = zxid.padStart(16, "0");
      const known = byNumber.get(number);
      if (known) known.members.add(member);
      else byNumber.set(number, { transaction: { number, session, operations: fields.map(readOperation) }, members: new Set([member]) });
    }
  }
  return [...byNumber.values()]
    .filter(({ members }) => members.size > logs.length / 2)
    .map(({ transaction }) => transaction)
    .toSorted((a, b) => (a.number < b.number ? -1 : 1));
}

function readOperation(field: string): Operation {
  const [kind, path] = field.split(" ");
  return { kind, path } as Operation;
}

export function auditClaims(transactions: readonly Transaction[], root = "/femtoq"): Audit {
  /** The session that holds each claim and each copy, by path. */
  const holders = new Map<string, string>();
  const alive = new Set<string>();
  const ended = new Set<string>();
  const violations: string[] = [];
  const counts = { asked: 0, claimed: 0, copied: 0, completed: 0, lost: 0 };
  // The znode `claims/HASH.running` is no claim: it only says that the claim's holder computes.
  const claim = new RegExp(`^${root}/(claims|copies)/([\\w-]{22})$`);
  const subtask = new RegExp(`^${root}/subtasks/[0-9a-f]{2}/([\\w-]{22})$`);

  for (const { number, session, operations } of transactions) {
    const complain = (what: string) => violations.push(`transaction ${number} of session ${session} ${what}`);
    if (ended.has(session)) complain("came after the session's end");
    const isWithdrawal = operations.some((operation) => operation.kind === "create" && operation.path.startsWith(`${root}/withdrawn/`));
    const held = new Set(operations.flatMap((operation) => heldBy(operation, session)));
    const provenAbsent = findProvenAbsent(operations);
    for (const operation of operations) {
      if (operation.kind === "end") endSession(session);
      else if (!provenAbsent.has(operation.path)) apply(operation, { session, held, isWithdrawal, complain });
    }
  }
  return { ...counts, left: alive.size, violations };

  /** Returns the subtask whose claim the session gives up by this operation. */
  function heldBy(operation: Operation, session: string): readonly string[] {
    if (operation.kind !== "remove") return [];
    const [, , hash] = claim.exec(operation.path) ?? [];
    return hash !== undefined && holders.get(operation.path) === session ? [hash] : [];
  }

  function apply(
    { kind, path }: Exclude<Operation, { kind: "end" }>,
    at: {
      readonly session: string;
      readonly held: ReadonlySet<string>;
      readonly isWithdrawal: boolean;
      readonly complain: (what: string) => void;
    },
  ): void {
    const [, folder, claimed] = claim.exec(path) ?? [];
    const [, identity] = subtask.exec(path) ?? [];
    if (claimed !== undefined) {
      if (kind === "ephemeral") {
        counts[folder === "copies" ? "copied" : "claimed"]++;
        if (!alive.has(claimed)) at.complain(`claimed ${claimed}, which nobody asks for`);
        holders.set(path, at.session);
      } else if (kind === "remove") {
        if (holders.get(path) !== at.session) at.complain(`gave up a claim on ${claimed} that it did not hold`);
        holders.delete(path);
      }
    } else if (identity !== undefined && kind === "create") {
      counts.asked++;
      alive.add(identity);
    } else if (identity !== undefined && kind === "remove") {
      if (!alive.delete(identity)) at.complain(`ended ${identity} a second time`);
      if (at.held.has(identity)) counts.completed++;
      else if (!at.isWithdrawal) at.complain(`completed ${identity} without its claim`);
    }
  }

  function endSession(session: string): void {
    ended.add(session);
    for (const [path, holder] of holders) {
      if (holder !== session) continue;
      holders.delete(path);
      counts.lost++;
    }
  }
}

/**
 * Finds the znodes that a transaction creates and then removes. The transaction would have been refused if one of them existed. So it only proves that a
 * subtask is gone, and neither queues nor completes it.
 */
function findProvenAbsent(operations: readonly Operation[]): ReadonlySet<string> {
  const made = new Set<string>();
  const absent = new Set<string>();
  for (const operation of operations) {
    if (operation.kind === "create") made.add(operation.path);
    else if (operation.kind === "remove" && made.has(operation.path)) absent.add(operation.path);
  }
  return absent;
}
