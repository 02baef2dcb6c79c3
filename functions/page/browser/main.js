/** Starts the page: makes its three panels and connects them, and that of the nodes. */
import { createApiClient } from "../../client/api-client.js";
import { pause } from "../../client/pause.js";
import { createDatasetBrowser } from "./datasets/dataset-browser.js";
import { element, fill, setText } from "./elements.js";
import { createNodesPanel } from "./nodes-panel.js";
import { examples, loadExample } from "./query/examples.js";
import { createQueryPanel } from "./query/query-panel.js";
import { createResultView } from "./result/result-view.js";
import { createRunner } from "./run-query.js";
import { createStreamTurn } from "./stream-turn.js";

const textSetting = "femtoq.query";
const clientSetting = "femtoq.client";
const tabSetting = "femtoq.tab";

const place = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const nonce = /** @type {HTMLScriptElement} */ (document.querySelector("script[nonce]")).nonce;
const turn = createStreamTurn();
const api = createApiClient({ server: location.origin, client: clientName(), tab: tabName(), turn });
const connection = place("connection");

let ranText = "";
const result = createResultView({ parent: place("result"), api, onRetry: () => runner.retry(ranText).catch(showTrouble) });
const runner = createRunner({
  api,
  onChange(run) {
    if (run.phase === "sending") result.reset();
    if (run.phase === "refused") panel.refuse(run.problem?.errors ?? []);
    if (run.phase === "ended") panel.refresh(ranText);
    panel.setRunning(run.phase === "sending" || run.phase === "running");
    result.show(run);
  },
});
const panel = createQueryPanel({
  parent: place("query"),
  api,
  text: readSetting(textSetting) ?? "",
  nonce,
  onRun: () => {
    ranText = panel.editor.text();
    turn.take();
    runner.start(ranText);
  },
  onCancel: () => runner.cancel(),
  onExample: (file) => showExample(file).catch(showTrouble),
  onEdit: (text) => writeSetting(textSetting, text),
  onCheck: (text) => {
    const dataset = JSON.parse(text)?.dataset;
    if (typeof dataset === "string" && dataset !== browser.chosen) browser.load(dataset);
  },
});
const browser = createDatasetBrowser({
  parent: place("browser"),
  api,
  onInsert: (words) => panel.editor.insert(words),
  onChoose: (dataset) => panel.editor.setDataset(dataset),
});

createNodesPanel({ parent: place("nodes"), api });

/** @param {string} file */
async function showExample(file) {
  const text = await loadExample(file, { datasets: browser.names, chosen: browser.chosen });
  panel.editor.replace(text);
  const { dataset } = JSON.parse(text);
  if (dataset !== browser.chosen) browser.load(dataset);
  panel.editor.focus();
}

/** @param {unknown} error */
function showTrouble(error) {
  fill(connection, element("strong", {}, error instanceof Error ? error.message : String(error)));
}

/** Asks for the datasets until the server, which may still be starting, lists them. */
async function start() {
  for (;;) {
    try {
      const datasets = await api.datasets(AbortSignal.timeout(30_000));
      setText(connection, "");
      browser.show(datasets);
      if (datasets.length > 0) break;
    } catch (error) {
      showTrouble(error);
    }
    await pause(1000, new AbortController().signal);
  }
  if (panel.editor.text().trim() === "") {
    panel.editor.replace(await loadExample(examples[0].file, { datasets: browser.names, chosen: browser.chosen }));
  }
  if (browser.chosen) browser.load(browser.chosen);
}

/** The name of this browser as a client. It is random, and the same after a reload. */
function clientName() {
  const stored = readSetting(clientSetting);
  if (stored && /^page-[0-9a-f]{18}$/.test(stored)) return stored;
  const name = `page-${randomName()}`;
  writeSetting(clientSetting, name);
  return name;
}

/**
 * The name of this tab, under which its interest in queries is kept. It is random, and stays the same after a reload. A duplicate of the tab gets a name of
 * its own, since the name is only stored while the tab is not shown.
 */
function tabName() {
  const name = readSetting(tabSetting, "sessionStorage") || randomName();
  const forget = () => writeSetting(tabSetting, "", "sessionStorage");
  addEventListener("pagehide", () => writeSetting(tabSetting, name, "sessionStorage"));
  addEventListener("pageshow", forget);
  forget();
  return name;
}

function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A stored setting; null if there is none, or if the browser refuses storage to this page.
 * @param {string} name
 * @param {"localStorage" | "sessionStorage"} [storage] of the browser, or of the tab
 */
function readSetting(name, storage = "localStorage") {
  try {
    return globalThis[storage].getItem(name);
  } catch (error) {
    console.info("settings are not kept in this browser:", error);
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 * @param {"localStorage" | "sessionStorage"} [storage]
 */
function writeSetting(name, value, storage = "localStorage") {
  try {
    globalThis[storage].setItem(name, value);
  } catch (error) {
    console.info("settings are not kept in this browser:", error);
  }
}

await start();
