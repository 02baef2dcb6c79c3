/** A server of files in memory that can be made to misbehave in the ways with which an HTTP source must cope. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly etag?: string;
  readonly modified?: string;
  /** Several ranges are given in one answer; else such a request gets the whole file. */
  readonly several?: boolean;
}

/** Answers the request itself and returns true, or leaves it to the server. */
export type Interference = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface FileServer {
  readonly origin: string;
  readonly files: Map<string, ServedFile>;
  /** The requests so far: method, URL and, if there is one, range. */
  readonly requests: string[];
  readonly headers: IncomingMessage["headers"][];
  interfere: Interference;
  close(): Promise<void>;
}

export async function serveFiles(options: { readonly latency?: number } = {}): Promise<FileServer> {
  const files = new Map<string, ServedFile>();
  const requests: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const http = createServer(async (request, response) => {
    requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(" "));
    headers.push(request.headers);
    if (options.latency) await new Promise((resolve) => setTimeout(resolve, options.latency));
    if (await served.interfere(request, response)) return;
    if (request.method === "PROPFIND") return listFolder(request.url!, files, response);
    const file = files.get(request.url!.replace(/\?.*$/s, ""));
    if (file) giveRange(file, request, response);
    else response.writeHead(404).end("not here");
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const served: FileServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    files,
    requests,
    headers,
    interfere: () => false,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return served;
}

export async function serveFilesFor(test: TestContext, options: { readonly latency?: number } = {}): Promise<FileServer> {
  const server = await serveFiles(options);
  test.after(() => server.close());
  return server;
}

function giveRange({ bytes, etag, modified, several }: ServedFile, request: IncomingMessage, response: ServerResponse): void {
  const told = { ...(etag !== undefined && { etag }), ...(modified !== undefined && { "last-modified": modified }) };
  if (request.headers["if-match"] !== undefined && request.headers["if-match"] !== etag) return void response.writeHead(412).end();
  if (several && request.headers.range?.includes(",")) {
    const ranges = request.headers.range
      .slice("bytes=".length)
      .split(",")
      .map((range) => range.split("-").map(Number) as [number, number]);
    const body = writeParts(bytes, ranges, "part of it");
    return void response.writeHead(206, { ...told, "content-type": 'multipart/byteranges; boundary="part of it"' }).end(body);
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined) return void response.writeHead(200, { ...told, "content-length": bytes.length }).end(bytes);
  if (Number(first) >= bytes.length) return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
  const part = bytes.subarray(Number(first), Number(last) + 1);
  const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
  response.writeHead(206, { ...told, "content-range": range, "content-length": part.length }).end(part);
}

/** Ranges of these bytes, both ends included, as the body of one answer. */
export function writeParts(bytes: Uint8Array, ranges: readonly (readonly [number, number])[], boundary: string): Buffer {
  const parts = ranges.flatMap(([first, last]) => [
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${first}-${last}/${bytes.length}\r\n\r\n`,
    ),
    bytes.subarray(first, last + 1),
  ]);
  return Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/** Lists a folder as a WebDAV server does, one level deep. */
function listFolder(url: string, files: ReadonlyMap<string, ServedFile>, response: ServerResponse): void {
  const below = [...files].filter(([path]) => path.startsWith(url));
  if (below.length === 0) return void response.writeHead(404).end();
  const names = new Set(below.map(([path]) => path.slice(url.length).replace(/\/.*$/s, "/")));
  const entries = [...names].map((name) => {
    const file = files.get(url + name);
    const kind = file
      ? `<D:getcontentlength>${file.bytes.length}</D:getcontentlength>`
      : "<D:resourcetype><D:collection/></D:resourcetype>";
    const etag = file?.etag === undefined ? "" : `<D:getetag>${file.etag.replaceAll('"', "&quot;")}</D:getetag>`;
    return `<D:response><D:href>${url}${name}</D:href><D:propstat><D:prop>${kind}${etag}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
  });
  const own = `<D:response><D:href>${url}</D:href></D:response>`;
  response.writeHead(207).end(`<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${own}${entries.join("")}</D:multistatus>`);
}
