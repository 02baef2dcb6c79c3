/** Finds or makes our root. What is not ours, or of a newer layout, is left alone and refused. */
import { encodeJson } from "./bodies.ts";
import { createLayout, type Layout, layoutName, layoutVersion } from "./layout.ts";
import { create } from "./operations.ts";
import type { Session } from "./session.ts";
import { isRefused } from "./zookeeper-error.ts";

export interface RootOptions {
  /** "" or a path. */
  readonly chroot: string;
  /** A path below it. */
  readonly root: string;
}

export async function openRoot(session: Session, { chroot, root }: RootOptions): Promise<Layout> {
  if (!/^(\/[^/\0]+)+$/.test(root) || /\/\.{1,2}(\/|$)/.test(root)) {
    throw new RangeError(`Cannot use "${root}" as the root in ZooKeeper: it is a path like /femtoq`);
  }
  if (chroot !== "" && !(await session.exists(chroot))) {
    throw new Error(`Cannot use the path ${chroot} of ZooKeeper's address: there is no such znode; create it, or leave the path out`);
  }
  const base = chroot + root;
  const layout = createLayout(base);
  if (!(await session.exists(base))) await make(session, chroot, layout);
  const found = await session.get(base);
  const version = found && readVersion(found.data);
  if (version === undefined) {
    throw new Error(`Cannot use ${base} in ZooKeeper: something else than Femtoq's coordination is there; choose another root`);
  }
  if (version !== layoutVersion) {
    const which = version > layoutVersion ? "a newer" : "an older";
    throw new Error(
      `Cannot use ${base} in ZooKeeper: its layout is version ${version}, of ${which} Femtoq, and this one knows version ${layoutVersion}; let one version use it, or choose another root`,
    );
  }
  return layout;
}

async function make(session: Session, chroot: string, layout: Layout): Promise<void> {
  const parts = layout.base.slice(chroot.length + 1).split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    await ifAbsent(() => session.commit([create(`${chroot}/${parts.slice(0, depth).join("/")}`)]));
  }
  const { base, shards, epoch, returned, asks, queries, claims, failed, held, nodes, withdrawn, locks } = layout;
  const folders = [epoch, returned, asks, queries, claims, failed, held, nodes, withdrawn, locks, `${base}/subtasks`, ...shards];
  const body = encodeJson({ layout: layoutName, version: layoutVersion });
  await ifAbsent(() => session.commit([create(base, body), ...folders.map((path) => create(path))]));
}

async function ifAbsent(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isRefused(error, "node-exists")) throw error;
  }
}

function readVersion(data: Buffer): number | undefined {
  try {
    const { layout, version } = JSON.parse(data.toString());
    return layout === layoutName && Number.isInteger(version) ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
