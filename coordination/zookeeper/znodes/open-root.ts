/**
 * Finds or creates our root. It refuses, and changes nothing, if something else is there, or a root of another layout or another owner. Missing folders are
 * created again.
 */

import { create } from "../protocol/operations.ts";
import type { Session } from "../protocol/session.ts";
import { unlessRefused, ZooKeeperSetupError } from "../protocol/zookeeper-error.ts";
import { encodeJson } from "./encoding.ts";
import { createLayout, type Layout, layoutName, layoutVersion } from "./layout.ts";

export interface RootOptions {
  /** "" or a path. */
  readonly chroot: string;
  /** The root's path below the chroot. */
  readonly root: string;
}

/** Opens the root. Rejects with `ZooKeeperSetupError`, or with a `ZooKeeperError` of code `no-auth` if the root belongs to another owner. */
export async function openRoot(session: Session, { chroot, root }: RootOptions): Promise<Layout> {
  if (!/^(\/[^/\0]+)+$/.test(root) || /\/\.{1,2}(\/|$)/.test(root)) {
    throw new ZooKeeperSetupError("bad-root", `Cannot use "${root}" as the root in ZooKeeper: it is a path like /femtoq`);
  }
  if (chroot !== "" && !(await session.exists(chroot))) {
    throw new ZooKeeperSetupError(
      "no-chroot",
      `Cannot use the path ${chroot} of ZooKeeper's address: there is no such znode; create it, or leave the path out`,
    );
  }
  const base = chroot + root;
  const layout = createLayout(base);
  if (!(await session.exists(base))) await make(session, chroot, layout);
  await requireOurs(session, base);
  await makeFolders(session, layout);
  return layout;
}

async function requireOurs(session: Session, base: string): Promise<void> {
  const found = await session.get(base);
  const version = found && readVersion(found.data);
  const refuse = (code: "alien-root" | "other-layout" | "open-root", reason: string) =>
    new ZooKeeperSetupError(code, `Cannot use ${base} in ZooKeeper: ${reason}`);
  if (version === undefined) throw refuse("alien-root", "something else than Femtoq's coordination is there; choose another root");
  if (version !== layoutVersion) {
    const which = version > layoutVersion ? "a newer" : "an older";
    const reason = `its layout is version ${version}, of ${which} Femtoq, and this one knows version ${layoutVersion}`;
    throw refuse("other-layout", `${reason}; let one version use it, or choose another root`);
  }
  if (session.hasOwner && (await session.isOpenToAll(base))) {
    const reason = "it was made without --zookeeper-auth and is open to everybody";
    throw refuse("open-root", `${reason}; remove it while nothing runs, leave --zookeeper-auth out, or choose another root`);
  }
}

async function make(session: Session, chroot: string, layout: Layout): Promise<void> {
  const parts = layout.base.slice(chroot.length + 1).split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    await unlessRefused(["node-exists"], () => session.commit([create(`${chroot}/${parts.slice(0, depth).join("/")}`)]));
  }
  const body = encodeJson({ layout: layoutName, version: layoutVersion });
  await unlessRefused(["node-exists"], () => session.commit([create(layout.base, body), ...foldersOf(layout).map((path) => create(path))]));
}

export async function makeFolders(session: Session, layout: Layout): Promise<void> {
  const folders = foldersOf(layout);
  const found = await Promise.all(folders.map((path) => session.exists(path)));
  for (const [index, path] of folders.entries())
    if (!found[index]) await unlessRefused(["node-exists"], () => session.commit([create(path)]));
}

/** Returns the folders, each before those that it contains. */
export function foldersOf({ base, shards, guards, supply: _, ...folders }: Layout): readonly string[] {
  return [...Object.values(folders), `${base}/subtasks`, ...shards, `${base}/guards`, ...guards];
}

export function readVersion(data: Buffer): number | undefined {
  try {
    const { layout, version } = JSON.parse(data.toString());
    return layout === layoutName && Number.isInteger(version) ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
