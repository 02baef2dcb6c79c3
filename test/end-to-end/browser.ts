/** Finds and starts a headless Chromium, if there is one. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { type Browser, chromium, type Page } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Finds the first that can be run: the program that CHROMIUM_PATH names, then those with the usual names on the PATH. */
export async function findChromium(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const candidates = [process.env.CHROMIUM_PATH, ...names.flatMap((name) => folders.map((folder) => join(folder, name)))];
  for (const path of candidates) {
    if (path && (await isExecutable(path))) return path;
  }
  return undefined;
}

/** In milliseconds. It is so long that on any machine only an event that never comes takes it. */
export const longestWait = 180_000;

/** The reason to skip a test; false if it can run, or if it must (it then fails when it starts the browser). */
export const skipWithout = (path: string | undefined): string | false =>
  path === undefined && process.env.FEMTOQ_REQUIRE_SERVERS !== "1" ? "no Chromium found: install it, or set CHROMIUM_PATH" : false;

export function launch(path: string | undefined): Promise<Browser> {
  if (path === undefined) throw new Error("No Chromium found, and FEMTOQ_REQUIRE_SERVERS asks for one: install it, or set CHROMIUM_PATH");
  const quiet = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  // The root of a container cannot start Chromium's sandbox.
  return chromium.launch({ executablePath: path, args: ["--no-sandbox", ...quiet] });
}

/** Collects everything that the page complains of: errors, refused styles and scripts, but no answers with an error status. */
export function watchComplaints(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of [45]\d\d/.test(message.text())) complaints.push(message.text());
  });
  return complaints;
}

/** Replaces the text in the page's editor by pasting. */
export async function writeQuery(page: Page, text: string): Promise<void> {
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.locator(".cm-content").evaluate((node, content) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", content);
    node.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
