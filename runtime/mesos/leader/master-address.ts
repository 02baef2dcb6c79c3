/**
 * Parses the address of a cluster: the ZooKeeper where its masters are registered, `zk://[USER:PASSWORD@]HOST:2181,HOST:2181/mesos`, or one or more
 * masters, `http://HOST:5050,HOST:5050`. A URL may have a path, for masters behind a gateway.
 */
import { MesosError } from "../protocol/connection.ts";

export type MasterAddress =
  | { readonly kind: "zookeeper"; readonly hosts: string; readonly path: string; readonly auth?: string }
  | { readonly kind: "masters"; readonly urls: readonly URL[] };

const usualPort = 5050;
const example = "it looks like http://HOST:5050, HOST:5050,HOST:5050 or zk://HOST:2181,HOST:2181/mesos";

/** Throws a `MesosError` that does not repeat a password. */
export function parseMasterAddress(text: string): MasterAddress {
  const shown = hidePassword(text);
  const refuse = (reason: string) => new MesosError("bad-address", `Cannot use "${shown}" as Mesos' address: ${reason}; ${example}`);
  if (text.startsWith("zk://")) {
    const parts = /^zk:\/\/(?:(?<auth>[^/]*)@)?(?<hosts>[^/@]+)(?<path>\/.*)?$/.exec(text)?.groups;
    if (!parts?.hosts) throw refuse("a host is required");
    const path = parts.path?.replace(/\/+$/, "") ?? "";
    if (path === "") throw refuse("the path of the masters' znodes is required, usually /mesos");
    if (parts.auth !== undefined && !/^[^:]+:.+$/.test(parts.auth)) throw refuse("USER:PASSWORD is required before @");
    return { kind: "zookeeper", hosts: parts.hosts, path, ...(parts.auth !== undefined && { auth: parts.auth }) };
  }
  return { kind: "masters", urls: text.split(",").map((part) => parseMaster(part.trim(), refuse)) };
}

function parseMaster(text: string, refuse: (reason: string) => Error): URL {
  if (text === "") throw refuse("a host is empty");
  const hasScheme = text.includes("://");
  const full = hasScheme ? text : `http://${text}`;
  if (!/^https?:\/\//.test(full)) throw refuse(`${text.slice(0, text.indexOf("://"))} is no way to reach a master`);
  if (!URL.canParse(full)) throw refuse(`"${text}" is not HOST:PORT`);
  const url = new URL(full);
  if (url.username !== "" || url.password !== "")
    throw refuse("a URL is no place for a name and a secret, which have a file of their own; master@HOST:PORT is written HOST:PORT");
  if (url.search !== "" || url.hash !== "") throw refuse("it ends with a path");
  if (!hasScheme && !/:\d+(\/|$)/.test(text)) url.port = String(usualPort);
  return url;
}

const hidePassword = (text: string): string => text.replace(/(:\/\/[^/@:]*):[^/@]*@/, "$1:…@");
