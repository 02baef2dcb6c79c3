/**
 * The list of all files that the page may load. A URL is looked up in it and never turned into a path. Our modules keep their relative
 * imports: `/assets/render/read-histogram.js` is `functions/render/read-histogram.js`. Packages are one file each, which the page finds by
 * its import map.
 */

/** The name by which the page imports a package, and the module on the server that it gets. */
export const pagePackages: Readonly<Record<string, string>> = {
  "@codemirror/commands": "@codemirror/commands",
  "@codemirror/lang-json": "@codemirror/lang-json",
  "@codemirror/language": "@codemirror/language",
  "@codemirror/lint": "@codemirror/lint",
  "@codemirror/state": "@codemirror/state",
  "@codemirror/streamparser": "@codemirror/streamparser",
  "@codemirror/view": "@codemirror/view",
  "@lezer/common": "@lezer/common",
  "@lezer/highlight": "@lezer/highlight",
  "@lezer/json": "@lezer/json",
  "@lezer/lr": "@lezer/lr",
  "@marijn/find-cluster-break": "@marijn/find-cluster-break",
  crelt: "crelt",
  echarts: "echarts/dist/echarts.esm.min.mjs",
  "eventsource-parser": "eventsource-parser",
  "style-mod": "style-mod",
  "w3c-keyname": "w3c-keyname",
};

/** The page may load the files of these kinds in these folders, but none of their sub-folders; `folder` begins at the project's root. */
export const pageFolders: readonly { readonly url: string; readonly folder: string; readonly kinds: readonly string[] }[] = [
  ...["page/browser", "page/browser/datasets", "page/browser/query", "page/browser/result", "render", "render/charts", "client"].map(
    (folder) => ({ url: `/assets/${folder}/`, folder: `functions/${folder}`, kinds: ["js", "css", "svg"] }),
  ),
  { url: "/assets/examples/", folder: "examples", kinds: ["json"] },
];

export const packageUrl = (name: string): string => `/assets/packages/${name}.js`;

export const importMap = JSON.stringify({
  imports: Object.fromEntries(Object.keys(pagePackages).map((name) => [name, packageUrl(name)])),
});
