/**
 * Splits `HOST:PORT,HOST:PORT/chroot` into its parts. The port may be omitted (2181), and an IPv6 address stands in brackets. The chroot is "" if there is
 * none.
 */
import type { Server } from "node-zookeeper-client";
import { ZooKeeperSetupError } from "./zookeeper-error.ts";

export interface ConnectionString {
  readonly servers: readonly Server[];
  readonly chroot: string;
}

const defaultPort = 2181;

export function parseConnectionString(text: string): ConnectionString {
  const slash = text.indexOf("/");
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? "" : text.slice(slash).replace(/\/$/, "");
  if (/\/\/|\/\.{1,2}(\/|$)/.test(chroot)) throw refuse(text, `the path ${chroot} has an empty or relative part`);
  return { servers: hosts.split(",").map((host) => parseServer(text, host.trim())), chroot };
}

function parseServer(text: string, part: string): Server {
  const match = /^(?:\[(?<address>[0-9a-fA-F:.%]+)\]|(?<name>[^\s:[\]]+))(?::(?<port>\d+))?$/.exec(part);
  const host = match?.groups?.address ?? match?.groups?.name;
  if (host === undefined) throw refuse(text, part === "" ? "a host is empty" : `"${part}" is not HOST or HOST:PORT`);
  const port = Number(match?.groups?.port ?? defaultPort);
  if (port < 1 || port > 65535) throw refuse(text, `port ${port} is not from 1 to 65535`);
  return { host, port };
}

function refuse(text: string, reason: string): Error {
  return new ZooKeeperSetupError(
    "bad-address",
    `Cannot use "${text}" as ZooKeeper's address: ${reason}; it looks like HOST:2181,HOST:2181/path`,
  );
}
