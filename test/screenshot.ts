/** `npm run screenshot`: docs/page.png, the page with the demo's dimuon spectrum, for the README. */
import { fileURLToPath } from "node:url";
import { findChromium, launch } from "./end-to-end/browser.ts";
import { startServerProcess, temporaryDirectory } from "./runtime/server-process.ts";

const picture = fileURLToPath(new URL("../docs/page.png", import.meta.url));
const state = await temporaryDirectory();
const server = await startServerProcess(["--state", state.path]);
const browser = await launch(await findChromium());
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 }, deviceScaleFactor: 1.5, colorScheme: "light" });
  await page.goto(server.url);
  await page.locator(".facts", { hasText: /^1\u202f000\u202f000 events/ }).waitFor({ timeout: 120_000 });
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".badge.done").waitFor({ timeout: 60_000 });
  await page.getByText(/reads 5 columns in 10 partitions, 10 stored/).waitFor();
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
