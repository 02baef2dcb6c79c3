/**
 * Lists a folder by WebDAV (PROPFIND): names, sizes and versions. Sites without WebDAV cannot be listed. The size of the answer is bounded.
 */
import { parseXml, XmlElement } from "@rgrove/parse-xml";
import { DatasetError } from "../../dataset.ts";
import { type RemotePlace, refusal } from "./remote-file.ts";
import { type HttpAnswer, sendRequest } from "./send-request.ts";
import { tryAgain } from "./try-again.ts";

export interface ListedEntry {
  /** The path of the URL as the server writes it, without a slash at its end. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Undefined if the server does not tell it; so is the version. */
  readonly size: number | undefined;
  readonly version: string | undefined;
}

const largestListing = 64 * 2 ** 20;
const asked =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getetag/><getlastmodified/></prop></propfind>';

/** The entries of the folder at `place`, whose URL must end with a slash. Undefined if there is no such folder. Throws `DatasetError`. */
export async function listFolder(place: RemotePlace, signal: AbortSignal | undefined): Promise<readonly ListedEntry[] | undefined> {
  const headers = { depth: "1", "content-type": "application/xml; charset=utf-8" };
  const request = { method: "PROPFIND", headers, body: asked, most: largestListing, signal, authorize: place.authorize } as const;
  const text = await tryAgain(() => sendRequest(place.url, request, (answer) => readListing(answer, place)), signal);
  return text === undefined ? undefined : parseListing(text, place);
}

async function readListing(answer: HttpAnswer, place: RemotePlace): Promise<string | undefined> {
  const { status, headers } = answer;
  if (status === 404) return undefined;
  if (status === 401 || status === 403 || status === 408 || status === 429 || status === 500 || (status >= 502 && status <= 504))
    throw refusal(place, status, headers);
  if (status !== 207) throw unlisted(place, `it answers PROPFIND with ${status}`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  await answer.read((piece) => {
    bytes += piece.length;
    if (bytes > largestListing) throw unlisted(place, `its listing has more than ${largestListing / 2 ** 20} MiB`);
    pieces.push(piece);
  });
  return Buffer.concat(pieces).toString("utf8");
}

function parseListing(text: string, place: Pick<RemotePlace, "url" | "name">): readonly ListedEntry[] {
  const entries: ListedEntry[] = [];
  try {
    for (const response of childrenOf(parseXml(text).root, "response")) {
      const href = childrenOf(response, "href")[0]?.text.trim() ?? "";
      const url = new URL(href, place.url);
      // Skips the folder itself, and URLs of other sites.
      if (url.origin !== place.url.origin || !url.pathname.startsWith(place.url.pathname)) continue;
      const path = url.pathname.replace(/\/$/, "");
      if (path.length < place.url.pathname.length || path.slice(place.url.pathname.length).includes("/")) continue;
      const found = childrenOf(response, "propstat").filter((each) => / 200( |$)/.test(childrenOf(each, "status")[0]?.text ?? " 200"));
      const properties = found.flatMap((each) => childrenOf(each, "prop"));
      const property = (name: string) => properties.flatMap((each) => childrenOf(each, name))[0];
      const size = property("getcontentlength")?.text.trim() ?? "";
      const version = (property("getetag") ?? property("getlastmodified"))?.text.trim();
      const isFolder = childrenOf(property("resourcetype"), "collection").length > 0;
      entries.push({ path, isFolder, size: /^\d{1,15}$/.test(size) ? Number(size) : undefined, version });
    }
  } catch (cause) {
    throw unlisted(place, "its listing is no sound XML", cause);
  }
  return entries;
}

/** The children of this name; the prefix of the namespace is ignored. */
function childrenOf(element: XmlElement | null | undefined, name: string): readonly XmlElement[] {
  const isWanted = (child: unknown): child is XmlElement => child instanceof XmlElement && child.name.replace(/^.*:/, "") === name;
  return (element?.children as readonly unknown[] | undefined)?.filter(isWanted) ?? [];
}

export function unlisted({ url, name }: Pick<RemotePlace, "url" | "name">, reason: string, cause?: unknown): DatasetError {
  const instead = "name its files in a text file, one URL a line, and give that as NAME=@LIST.txt";
  return new DatasetError(`Cannot list the files of ${name} of ${url.host}: ${reason}; ${instead}`, { cause, permanent: true });
}
