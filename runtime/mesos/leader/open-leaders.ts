/** Opens the search for the leading master, by the address that an operator gave. */
import type { Log } from "../../../base/log.ts";
import type { Leaders } from "./leaders.ts";
import { listedMasters } from "./listed-masters.ts";
import { parseMasterAddress } from "./master-address.ts";
import { registeredMasters } from "./registered-masters.ts";

export interface LeadersOptions {
  /** The address, for `parseMasterAddress`. */
  readonly address: string;
  /** Whether masters that register in ZooKeeper use HTTPS, which their registration does not tell. */
  readonly https?: boolean;
  readonly log: Log;
}

export async function openLeaders({ address, https = false, log }: LeadersOptions): Promise<Leaders> {
  const parsed = parseMasterAddress(address);
  if (parsed.kind === "masters") return listedMasters(parsed.urls);
  const { hosts, path, auth } = parsed;
  return registeredMasters({ hosts, path, scheme: https ? "https" : "http", log, ...(auth !== undefined && { auth }) });
}
