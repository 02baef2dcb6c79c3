/**
 * Pictures for the documentation. `npm run screenshot`: docs/page.png, the page with the demo's dimuon spectrum. `npm run screenshot -- FILE.root`:
 * docs/page-root.png, the page with query 5 of the ADL benchmark over the file.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { findChromium, launch, writeQuery } from "./end-to-end/browser.ts";
import { startServerProcess, temporaryDirectory } from "./runtime/server-process.ts";

const [file] = process.argv.slice(2);
const pathOf = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const picture = pathOf(file === undefined ? "docs/page.png" : "docs/page-root.png");
const state = await temporaryDirectory();
const data = file === undefined ? [] : ["--data", `cms=${resolve(file)}`];
const server = await startServerProcess(["--state", state.path, ...data]);
const browser = await launch(await findChromium());
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 }, deviceScaleFactor: 1.5, colorScheme: "light" });
  await page.goto(server.url);
  await (file === undefined ? showDemo(page) : showBenchmark(page));
  // The chart moves to its last contents.
  await page.waitForTimeout(1000);
  await page.screenshot({ path: picture });
  process.stdout.write(`${picture}\n`);
} finally {
  await browser.close();
  server.kill("SIGTERM");
  await server.exited;
  await state.remove();
}

async function showDemo(page: Page): Promise<void> {
  await page.locator(".facts", { hasText: /^1\u202f000\u202f000 events/ }).waitFor({ timeout: 120_000 });
  await run(page);
  await page.getByText(/reads 5 columns in 10 partitions, 10 stored/).waitFor();
}

async function showBenchmark(page: Page): Promise<void> {
  await page.locator(".facts", { hasText: / events/ }).waitFor({ timeout: 60_000 });
  await writeQuery(page, await readFile(pathOf("examples/adl/query-5.json"), "utf8"));
  await run(page);
}

async function run(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".badge.done").waitFor({ timeout: 60_000 });
}
