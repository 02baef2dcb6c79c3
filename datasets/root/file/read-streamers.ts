/** Reads the class descriptions of a file. Files of a dataset mostly have the same ones, so those that were met last are kept by their bytes. */
import { Buffer } from "node:buffer";
import { ByteCursor } from "./byte-cursor.ts";
import type { FileHeader } from "./file-header.ts";
import { parseKey } from "./keys.ts";
import { ObjectReader } from "./object-reader.ts";
import { readObject } from "./read-object.ts";
import type { ReadWindows } from "./read-windows.ts";
import type { Members, RootObject } from "./root-object.ts";
import { type StreamerInfo, Streamers } from "./streamers.ts";

interface Known {
  readonly bytes: Uint8Array;
  readonly keyBytes: number;
  readonly streamers: Streamers;
}

const mostKnown = 4;
/** The latest one first. */
let known: readonly Known[] = [];

export async function readStreamers(file: ReadWindows, { seekInfo, bytesInfo }: FileHeader): Promise<Streamers> {
  if (seekInfo === 0 || bytesInfo === 0) throw new Error("it has no descriptions of its classes: it was not closed");
  const key = parseKey(new ByteCursor(await file.read(seekInfo, bytesInfo)));
  const bytes = await readObject(file, { ...key, seek: seekInfo });
  const before = known.find((each) => each.keyBytes === key.keyBytes && Buffer.compare(each.bytes, bytes) === 0);
  const latest = before ?? { bytes: bytes.slice(), keyBytes: key.keyBytes, streamers: parseStreamers(bytes, key.keyBytes) };
  known = [latest, ...known.filter((each) => each !== latest)].slice(0, mostKnown);
  return latest.streamers;
}

/** References in the bytes count from the beginning of the key. */
function parseStreamers(bytes: Uint8Array, keyBytes: number): Streamers {
  const members: Members = {};
  new ObjectReader(bytes, keyBytes, { streamers: new Streamers([]) }).streamed("TList", members);
  const items = members.items as readonly (RootObject | undefined)[];
  return new Streamers(items.flatMap((item) => (item?.className === "TStreamerInfo" ? [item.members.info as StreamerInfo] : [])));
}
