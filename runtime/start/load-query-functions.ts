/** Loads the query functions. Each file in `functions/queries/` is one, and has its name; adding one is adding a file. */
import { readdir } from "node:fs/promises";
import type { QueryFunction } from "../../functions/query-functions/query-function.ts";
import { StartError } from "./start-error.ts";

const folder = new URL("../../functions/queries/", import.meta.url);
const fileName = /^([a-z0-9]+(?:-[a-z0-9]+)*)\.ts$/;

/** Rejects with a `StartError` that names a file that is no query function. */
export async function loadQueryFunctions(): Promise<ReadonlyMap<string, QueryFunction>> {
  const names = (await readdir(folder)).toSorted();
  const loaded = await Promise.all(names.map(load));
  return new Map(loaded.filter((each) => each !== undefined));
}

async function load(file: string): Promise<readonly [string, QueryFunction] | undefined> {
  const name = fileName.exec(file)?.[1];
  if (name === undefined) return undefined;
  const module: { readonly default?: QueryFunction } = await import(new URL(file, folder).href);
  const definition = module.default;
  if (typeof definition?.query === "function" && definition.parameters) return [name, definition];
  throw new StartError(`Cannot use functions/queries/${file}: its default export must be what defineQueryFunction gives`);
}
