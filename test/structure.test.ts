/**
 * The shape of the sources: imports point one way, folders and files stay small, and file names tell what is in them. The linter sees to
 * circles of imports and to the packages that a folder may use.
 */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Each top folder, and the others that it may import from. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  engine: [],
  datasets: ["base", "engine"],
  storage: ["base", "engine"],
  coordination: ["base", "engine"],
  functions: ["base", "engine", "datasets", "storage", "coordination"],
  runtime: ["base", "engine", "datasets", "storage", "coordination", "functions"],
  loadtest: ["base", "engine", "datasets", "storage", "coordination", "functions", "runtime", "test"],
};

/** Folders that run on any host of JavaScript, and so import no module of Node. */
const hostless = ["engine", "functions"];

const mostFiles = 20;
const mostLines = 300;
/** The header of a longer file says why it is one, with these words. */
const excuse = "more than 300 lines";

/** Names that tell nothing to somebody who has not opened the file. */
const emptyNames = new Set(
  "board bodies changes common context helpers insist left-to-others look-again misc recent scope stuff things turns utils view work".split(
    " ",
  ),
);

interface Source {
  /** The path from the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Paths of our own files, names of packages and of Node's modules. */
  readonly imports: readonly string[];
}

const root = new URL("../", import.meta.url);
const sources = (await Promise.all(Object.keys(mayImport).map(readSources))).flat();
const tests = await readSources("test");

async function readSources(folder: string): Promise<readonly Source[]> {
  const names = await readdir(fileURLToPath(new URL(folder, root)), { recursive: true });
  const paths = names.filter((name) => /\.(ts|js|mjs)$/.test(name)).map((name) => `${folder}/${name.replaceAll("\\", "/")}`);
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(new URL(path, root), "utf8");
      return { path, text, imports: findImports(path, text) };
    }),
  );
}

/** Static, dynamic, type and JSDoc imports, and modules that are found by `new URL(…, import.meta.url)`. */
function findImports(path: string, text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*|\bnew URL\(\s*)["']([^"'\s]+)["']/g);
  return [...found].map(([, name]) => (name!.startsWith(".") ? posix.join(dirname(path), name!) : name!));
}

const topOf = (path: string): string => path.slice(0, path.indexOf("/"));

for (const [folder, allowed] of Object.entries(mayImport)) {
  test(`${folder}/ imports of ours only from ${[folder, ...allowed].join("/, ")}/`, () => {
    const known = new Set([...Object.keys(mayImport), "test", "examples"]);
    const wrong = sources
      .filter(({ path }) => topOf(path) === folder)
      .flatMap(({ path, imports }) => imports.filter((each) => known.has(topOf(each))).map((each) => [path, each] as const))
      .filter(([, imported]) => topOf(imported) !== folder && !allowed.includes(topOf(imported)))
      .map(([path, imported]) => `${path} imports ${imported}`);
    assert.deepEqual(wrong, []);
  });
}

test(`${hostless.join("/ and ")}/ import no module of Node`, () => {
  const wrong = sources.filter(({ path, imports }) => hostless.includes(topOf(path)) && imports.some((each) => each.startsWith("node:")));
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test(`no folder has more than ${mostFiles} source files`, () => {
  const counts = new Map<string, number>();
  for (const { path } of [...sources, ...tests]) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  assert.deepEqual(
    [...counts].filter(([, count]) => count > mostFiles),
    [],
  );
});

test(`no file has more than ${mostLines} lines, unless its header says why`, () => {
  const long = sources.filter(({ text }) => text.split("\n").length - 1 > mostLines);
  const unexplained = long.filter(
    ({ text }) =>
      !/^\/\*\*[\s\S]*?\*\//
        .exec(text)?.[0]
        .replace(/\s*\n \*\s*/g, " ")
        .includes(excuse),
  );
  assert.deepEqual(
    unexplained.map(({ path }) => path),
    [],
  );
});

test("file names tell what is in them", () => {
  const named = [...sources, ...tests].filter(({ path }) => emptyNames.has(posix.basename(path).replace(/\..*$/, "")));
  assert.deepEqual(
    named.map(({ path }) => path),
    [],
  );
});
