/** Reads the class descriptions of a file. */
import { ByteCursor } from "./byte-cursor.ts";
import type { FileHeader } from "./file-header.ts";
import { parseKey } from "./keys.ts";
import { ObjectReader } from "./object-reader.ts";
import { readObject } from "./read-object.ts";
import type { ReadWindows } from "./read-windows.ts";
import type { Members, RootObject } from "./root-object.ts";
import { type StreamerInfo, Streamers } from "./streamers.ts";

export async function readStreamers(file: ReadWindows, { seekInfo, bytesInfo }: FileHeader): Promise<Streamers> {
  if (seekInfo === 0 || bytesInfo === 0) throw new Error("it has no descriptions of its classes: it was not closed");
  const key = parseKey(new ByteCursor(await file.read(seekInfo, bytesInfo)));
  const bytes = await readObject(file, { ...key, seek: seekInfo });
  const members: Members = {};
  new ObjectReader(bytes, key.keyBytes, { streamers: new Streamers([]) }).streamed("TList", members);
  const items = members.items as readonly (RootObject | undefined)[];
  return new Streamers(items.flatMap((item) => (item?.className === "TStreamerInfo" ? [item.members.info as StreamerInfo] : [])));
}
