/**
 * Masters that register in ZooKeeper: each has an ephemeral znode `json.info_NUMBER` below the path, and the one with the smallest number leads.
 *
 * While ZooKeeper cannot be reached, the last known leader counts, since masters step down by themselves when they lose their own session.
 */
import type { Buffer } from "node:buffer";
import { z } from "zod";
import { followSignals } from "../../../base/follow-signals.ts";
import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import { pauseAfter } from "../../../base/retry.ts";
import { Connection } from "../../../coordination/zookeeper/protocol/connection.ts";
import type { Session } from "../../../coordination/zookeeper/protocol/session.ts";
import { MesosError } from "../protocol/connection.ts";
import type { Leader, Leaders } from "./leaders.ts";
import { isAmong } from "./listed-masters.ts";

export interface RegisteredMastersOptions {
  /** `HOST:PORT,HOST:PORT`. */
  readonly hosts: string;
  /** The path below which the masters register. */
  readonly path: string;
  /** `USER:PASSWORD`. */
  readonly auth?: string;
  /** How to speak with masters, which their registration does not tell. */
  readonly scheme: "http" | "https";
  readonly log: Log;
  /** In milliseconds. */
  readonly sessionTimeout?: number;
  readonly startTimeout?: number;
}

interface Registration {
  readonly node: string;
  readonly url: URL;
  readonly replaced: AbortController;
}

/** The milliseconds between looks for a path that does not exist yet. */
const betweenLooks = 1_000;

/** Rejects if ZooKeeper cannot be reached within `startTimeout`. */
export async function registeredMasters(options: RegisteredMastersOptions): Promise<Leaders> {
  const { hosts, path, auth, scheme, log, sessionTimeout = 10_000, startTimeout = 10_000 } = options;
  const name = `zk://${hosts}${path}`;
  const zookeeper = await Connection.open({ hosts, sessionTimeout, startTimeout, log, ...(auth !== undefined && { auth }) });
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  const named: URL[] = [];
  let leader: Registration | undefined;
  /** Why the leader cannot be determined, if so. */
  let fault: MesosError | undefined;

  function lead(next: Registration | undefined): void {
    fault = undefined;
    leader?.replaced.abort(new Error(next ? `${next.url.host} leads now` : "no master leads now"));
    leader = next;
    if (!next) return;
    if (!named.some(({ href }) => href === next.url.href)) named.push(next.url);
    log.info({ master: next.url.host, node: next.node }, "a Mesos master leads");
    wakeAll();
  }

  const wakeAll = () => {
    for (const wake of waiting) wake();
  };

  /** Resolves when the children of the path may have changed. */
  async function look(session: Session, signal: AbortSignal): Promise<void> {
    const changed = new AbortController();
    const listing = await session.list(path, () => changed.abort());
    const node = findLeader(listing?.children ?? []);
    if (node === undefined) {
      lead(undefined);
      log.warn(
        {},
        listing
          ? `no Mesos master is registered at ${name}`
          : `there is no ${path} in the ZooKeeper of ${name}: no Mesos master registered yet`,
      );
    } else if (node !== leader?.node) {
      const content = await session.get(`${path}/${node}`);
      // The znode was deleted before it could be read.
      if (!content) return;
      lead({ node, url: readMasterUrl(content.data, { node, scheme, name }), replaced: new AbortController() });
    }
    const either = followSignals([signal, changed.signal]);
    await pause(listing ? 2 ** 31 - 1 : betweenLooks, either.signal);
    either.release();
  }

  async function follow(session: Session, lost: AbortSignal): Promise<void> {
    const either = followSignals([lost, closing.signal]);
    for (let failures = 0; !either.signal.aborted; ) {
      try {
        await look(session, either.signal);
        failures = 0;
      } catch (error) {
        if (either.signal.aborted) break;
        if (error instanceof MesosError) {
          fault = error;
          wakeAll();
        }
        log.warn({ err: error }, `cannot see who leads at ${name}; trying again`);
        await pause(pauseAfter(++failures), either.signal);
      }
    }
    either.release();
  }

  zookeeper.follow((session, lost) => void follow(session, lost));

  return {
    name,
    async find(signal): Promise<Leader> {
      while (!leader) {
        if (fault) throw fault;
        if (signal.aborted) throw new Error(`no Mesos master is registered at ${name}`);
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          waiting.add(wake);
          signal.addEventListener("abort", wake);
        });
      }
      return { url: leader.url, replaced: leader.replaced.signal };
    },
    isNamed: (url) => isAmong(url, named),
    async close() {
      closing.abort();
      await zookeeper.close();
    },
  };
}

/** The znode with the smallest number. Names of old versions have other prefixes; znodes of the masters' own log are skipped. */
export function findLeader(children: readonly string[]): string | undefined {
  const numberOf = (child: string) => /^(?:(?:json\.)?info_)?(\d{10})$/.exec(child)?.[1];
  const masters = children.flatMap((child) => numberOf(child) ?? []).sort();
  return children.find((child) => numberOf(child) === masters[0] && masters[0] !== undefined);
}

const masterInfo = z.object({
  address: z.object({ hostname: z.string().optional(), ip: z.string().optional(), port: z.number() }).optional(),
  pid: z.string().optional(),
});

function readMasterUrl(data: Buffer, from: { readonly node: string; readonly scheme: "http" | "https"; readonly name: string }): URL {
  const { node, scheme, name } = from;
  const refuse = (reason: string) => new MesosError("bad-address", `Cannot read who leads from ${node} at ${name}: ${reason}`);
  if (!node.startsWith("json.")) throw refuse("a master so old writes no JSON; name the masters as http://HOST:5050 instead");
  let info: z.infer<typeof masterInfo>;
  try {
    info = masterInfo.parse(JSON.parse(data.toString()));
  } catch (error) {
    throw refuse(`it is not a master's description (${(error as Error).message})`);
  }
  // For HTTPS the name is used, since certificates are made for names; else the address, since masters' names often cannot be resolved.
  const { hostname, ip, port } = info.address ?? {};
  const host = scheme === "https" ? (hostname ?? ip) : (ip ?? hostname);
  const where = host === undefined ? info.pid?.replace(/^.*@/, "") : `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (where === undefined || !URL.canParse(`${scheme}://${where}`)) throw refuse("it names no address");
  return new URL(`${scheme}://${where}`);
}
