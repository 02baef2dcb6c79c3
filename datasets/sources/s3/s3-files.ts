/**
 * Objects of S3 stores, s3://BUCKET/KEY, read in parts like files at URLs. With wildcards in the key, or a slash at its end, it names objects of the
 * bucket's listing. The version is the ETag.
 */
import { parseXml, XmlElement } from "@rgrove/parse-xml";
import { AwsV4Signer } from "aws4fetch";
import { baseName, DatasetError } from "../../dataset.ts";
import { openRemote } from "../http/open-remote.ts";
import { type RemotePlace, refusal } from "../http/remote-file.ts";
import { sendRequest } from "../http/send-request.ts";
import { tryAgain } from "../http/try-again.ts";
import { hasWildcards, matcherOf } from "../match-pattern.ts";
import { RecentListings } from "../recent-listings.ts";
import type { FoundFile, ListOptions, SignalOptions, Source } from "../source.ts";
import { findAccess, type StoreAccess } from "./credentials.ts";

const largestPage = 16 * 2 ** 20;
const mostObjects = 100_000;

const recent = new RecentListings(1_000);

export const s3Files: Source = {
  async list(pattern, options) {
    return { files: await recent.get(pattern, () => listObjects(pattern, options)), leftOut: [] };
  },
  async open(file, use, options) {
    try {
      const { bucket, key } = split(file.path);
      return await use(openRemote(file, placeOf(await findAccess(), bucket, { key })));
    } catch (error) {
      options?.signal?.throwIfAborted();
      if (error instanceof DatasetError && !error.permanent) recent.clear();
      throw error;
    }
  },
};

function split(path: string): { readonly bucket: string; readonly key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/is.exec(path) ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new DatasetError(`Cannot read ${path}: s3://BUCKET/KEY is required`, { permanent: true });
}

function placeOf(
  { region, endpoint, keys }: StoreAccess,
  bucket: string,
  { key, query = "" }: { readonly key: string; readonly query?: string },
): RemotePlace {
  const path = key.split("/").map(escapePart).join("/");
  const isHost = endpoint === undefined && !bucket.includes(".");
  const base = isHost
    ? `https://${bucket}.s3.${region}.amazonaws.com`
    : `${endpoint?.replace(/\/+$/, "") ?? `https://s3.${region}.amazonaws.com`}/${bucket}`;
  const url = new URL(`${base}/${path}${query}`);
  const authorize = async (to: URL, method: string) => {
    if (!keys) return {};
    const { headers } = await new AwsV4Signer({ ...keys, url: to.href, method, service: "s3", region }).sign();
    return Object.fromEntries([...headers].filter(([name]) => name !== "host"));
  };
  return { url, authorize, name: baseName(key) || bucket, givesOneRange: true };
}

const escapePart = (part: string): string =>
  encodeURIComponent(part).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

async function listObjects(pattern: string, { endings, signal }: ListOptions): Promise<readonly FoundFile[]> {
  const { bucket, key } = split(pattern);
  const isFolder = key === "" || key.endsWith("/");
  const isPattern = hasWildcards(key);
  const prefix = isPattern ? key.replace(/[*{[?\\].*$/s, "") : key;
  const matcher = matcherOf(isFolder ? `${key}**` : key);
  const isWanted = (name: string) =>
    isFolder || isPattern ? matcher.test(name) && (!isFolder || endings.some((ending) => name.endsWith(ending))) : name === key;
  const access = await findAccess();
  const files: FoundFile[] = [];
  let token: string | undefined;
  let looked = 0;
  do {
    const page = await listPage(access, bucket, { prefix, token, signal });
    for (const { name, size, etag } of page.objects)
      if (isWanted(name)) files.push({ file: { path: `s3://${bucket}/${name}`, size, version: etag } });
    // An object's full name comes first among those that begin with it, so the first page is enough.
    token = isPattern || isFolder ? page.next : undefined;
    looked += page.objects.length;
    if (looked > mostObjects) {
      const reason = `its listing has more than ${mostObjects} objects that begin with ${prefix}`;
      throw new DatasetError(`Cannot list the files of ${bucket}: ${reason}; name a longer beginning, or files in NAME=@LIST.txt`, {
        permanent: true,
      });
    }
  } while (token !== undefined);
  return files.sort((a, b) => (a.file.path < b.file.path ? -1 : 1));
}

interface Page {
  readonly objects: readonly { readonly name: string; readonly size: number; readonly etag: string }[];
  readonly next: string | undefined;
}

async function listPage(
  access: StoreAccess,
  bucket: string,
  { prefix, token, signal }: { readonly prefix: string; readonly token: string | undefined } & SignalOptions,
): Promise<Page> {
  const asked = new URLSearchParams({
    "list-type": "2",
    "encoding-type": "url",
    prefix,
    ...(token !== undefined && { "continuation-token": token }),
  });
  // The signature needs spaces as %20, not as plus signs.
  const place = placeOf(access, bucket, { key: "", query: `?${asked.toString().replaceAll("+", "%20")}` });
  const request = { method: "GET", most: largestPage, signal, authorize: place.authorize } as const;
  const text = await tryAgain(
    () =>
      sendRequest(place.url, request, async ({ status, headers, read }) => {
        if (status !== 200) throw refusal(place, status, headers);
        const pieces: Uint8Array[] = [];
        let bytes = 0;
        await read((piece) => {
          bytes += piece.length;
          if (bytes > largestPage)
            throw new DatasetError(`Cannot list the files of ${bucket}: its answer is too long`, { permanent: true });
          pieces.push(piece);
        });
        return Buffer.concat(pieces).toString("utf8");
      }),
    signal,
  );
  return parsePage(text, bucket);
}

function parsePage(text: string, bucket: string): Page {
  try {
    const { root } = parseXml(text);
    const textOf = (element: XmlElement | null, name: string) =>
      element?.children.find((each): each is XmlElement => each instanceof XmlElement && each.name === name)?.text;
    const contents = root?.children.filter((each): each is XmlElement => each instanceof XmlElement && each.name === "Contents") ?? [];
    const objects = contents.map((each) => ({
      name: decodeURIComponent((textOf(each, "Key") ?? "").replaceAll("+", " ")),
      size: Number(textOf(each, "Size")),
      etag: textOf(each, "ETag") ?? "",
    }));
    if (root?.name !== "ListBucketResult" || objects.some(({ size }) => !Number.isSafeInteger(size))) throw new Error("it is no listing");
    return { objects, next: textOf(root, "IsTruncated") === "true" ? textOf(root, "NextContinuationToken") : undefined };
  } catch (cause) {
    throw new DatasetError(`Cannot list the files of ${bucket}: the answer is no listing of S3`, { cause, permanent: true });
  }
}
