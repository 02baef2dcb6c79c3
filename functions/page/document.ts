/** The page's HTML: landmarks, and empty places that the page's modules fill. */
import { importMap } from "./allowed-files.ts";

/** `nonce` admits the styles that the editor makes; scripts are admitted by origin, and the import map by its hash. */
export const renderDocument = (nonce: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Histograms over collision events that fill in while you watch">
<title>Femtoq</title>
<link rel="icon" type="image/svg+xml" href="/assets/page/browser/icon.svg">
<link rel="stylesheet" href="/assets/page/browser/page.css">
<link rel="stylesheet" href="/assets/page/browser/query/query.css">
<link rel="stylesheet" href="/assets/page/browser/result/result.css">
<link rel="stylesheet" href="/assets/page/browser/result/timing.css">
<script type="importmap">${importMap}</script>
<script type="module" src="/assets/page/browser/main.js" nonce="${nonce}"></script>
</head>
<body>
<a class="skip" href="#editor">Skip to the query</a>
<header class="masthead">
  <h1><img src="/assets/page/browser/icon.svg" alt="" width="28" height="28"> Femtoq</h1>
  <p>Ask collision events for histograms; watch them fill in.</p>
  <p id="connection" class="connection" role="status"></p>
</header>
<noscript><p class="notice">This page needs JavaScript. The same queries run by <code>femtoq query FILE</code> and by <code>POST /queries</code>.</p></noscript>
<main>
  <section id="browser" class="browser" aria-label="Datasets"></section>
  <section id="query" class="query" aria-label="Query"></section>
  <section id="result" class="result" aria-label="Result"></section>
</main>
</body>
</html>
`;
