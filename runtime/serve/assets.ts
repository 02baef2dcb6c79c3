/**
 * The page's static files, from the project's folders and the installed packages, kept in memory once read.
 *
 * Guarantee: a URL is a key of a list made at start, never part of a path.
 */
import { readdir, readFile } from "node:fs/promises";
import { packageUrl, pageFolders, pagePackages } from "../../functions/page/allowed-files.ts";
import type { Assets } from "../../functions/services.ts";

const types: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
};

const root = new URL("../../", import.meta.url);

export function createAssets(): Assets {
  let allowed: Promise<ReadonlyMap<string, URL>> | undefined;
  const loaded = new Map<string, ReturnType<typeof load>>();
  return async (path) => {
    allowed ??= listFiles();
    const file = (await allowed).get(path);
    if (!file) return undefined;
    const asset = loaded.get(path) ?? load(file);
    loaded.set(path, asset);
    try {
      return await asset;
    } catch (cause) {
      loaded.delete(path);
      throw new Error(`Cannot read ${file.pathname}, which the page needs: is the installation complete?`, { cause });
    }
  };
}

async function load(file: URL): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly type: string }> {
  const body = new Uint8Array(await readFile(file));
  return { body, type: types[extension(file.pathname)] ?? "application/octet-stream" };
}

async function listFiles(): Promise<ReadonlyMap<string, URL>> {
  const files = new Map<string, URL>();
  for (const { url, folder, kinds } of pageFolders) {
    for (const name of await readdir(new URL(folder, root))) {
      if (kinds.includes(extension(name))) files.set(url + name, new URL(`${folder}/${name}`, root));
    }
  }
  for (const [name, module] of Object.entries(pagePackages)) files.set(packageUrl(name), new URL(import.meta.resolve(module)));
  return files;
}

const extension = (name: string) => name.slice(name.lastIndexOf(".") + 1);
