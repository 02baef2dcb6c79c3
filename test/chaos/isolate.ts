/**
 * Creates separate networks as Linux namespaces: one for the whole run (`enterNamespace`), and inside it one for a node (`openNodeNetwork`), whose cable can be
 * pulled. Nothing outside is touched, and the networks end with the processes in them. It needs `unshare`, `nsenter` and `ip`, and root or user namespaces.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { atExit } from "../servers/at-exit.ts";
import { runToEnd } from "../servers/server-process.ts";

export interface NodeNetwork {
  /** A command that runs the command after it in this network. */
  readonly within: readonly string[];
  /** Pulls the cable: packets on their way are lost, and neither side is notified. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  stop(): Promise<void>;
}

/** The servers listen on this address, which stays when the node's cable is pulled. */
export const sharedAddress = "10.77.0.1";
const nearAddress = "10.77.1.1";
const farAddress = "10.77.1.2";
const isInside = "CHAOS_NETWORK";

export type Isolation =
  | { readonly kind: "inside" }
  | { readonly kind: "ended"; readonly code: number }
  | { readonly kind: "impossible"; readonly why: string };

/** Runs this very command again in a network of its own, and ends as that run ends. Inside that run it does nothing. */
export async function enterNamespace(): Promise<Isolation> {
  if (process.env[isInside] === "own") {
    await runToEnd("ip", ["link", "set", "lo", "up"]);
    await runToEnd("ip", ["address", "add", `${sharedAddress}/32`, "dev", "lo"]);
    return { kind: "inside" };
  }
  if (process.platform !== "linux") return { kind: "impossible", why: "there are network namespaces on Linux only" };
  const unshare = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--net"];
  const trial = [...unshare.slice(1), "sh", "-c", "ip link set lo up && nsenter --version"];
  try {
    if ((await runToEnd("unshare", trial)) === undefined) return { kind: "impossible", why: "there is no command unshare" };
  } catch (error) {
    return { kind: "impossible", why: error instanceof Error ? error.message : String(error) };
  }
  const host = "Deno" in globalThis ? ["run", "-A", "--no-check"] : process.execArgv;
  const [command, ...parameters] = [...unshare, process.execPath, ...host, ...process.argv.slice(1)];
  const child = spawn(command!, parameters, { stdio: "inherit", env: { ...process.env, [isInside]: "own" } });
  // Ctrl-C reaches the child by itself.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const [code] = await once(child, "exit");
  return { kind: "ended", code: code ?? 1 };
}

/** Opens a network with one cable to the network of this process, which `enterNamespace` made. */
export async function openNodeNetwork(): Promise<NodeNetwork> {
  // This process holds the network; it ends when its standard input does, and so with us.
  const holder = spawn("unshare", ["--net", "sh", "-c", "echo ready; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const forget = atExit(() => void holder.kill("SIGKILL"));
  const ended = once(holder, "exit").then(forget);
  await Promise.race([
    once(holder.stdout, "data"),
    ended.then(() => {
      throw new Error("Cannot make a network namespace for a node: see above");
    }),
  ]);
  const within = ["nsenter", `--net=/proc/${holder.pid}/ns/net`];
  const ip = (...parameters: string[]) => runToEnd("ip", parameters);
  const ipThere = (...parameters: string[]) => runToEnd(within[0]!, [...within.slice(1), "ip", ...parameters]);
  await ip("link", "add", "node", "type", "veth", "peer", "name", "uplink", "netns", `${holder.pid}`);
  await ip("address", "add", `${nearAddress}/30`, "dev", "node");
  await ip("link", "set", "node", "up");
  await ipThere("link", "set", "lo", "up");
  await ipThere("address", "add", `${farAddress}/30`, "dev", "uplink");
  await ipThere("link", "set", "uplink", "up");
  await ipThere("route", "add", sharedAddress, "via", nearAddress);
  return {
    within,
    cut: async () => void (await ip("link", "set", "node", "down")),
    mend: async () => void (await ip("link", "set", "node", "up")),
    async stop() {
      holder.kill("SIGKILL");
      await ended;
    },
  };
}
