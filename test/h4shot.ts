import { chromium } from "playwright-core";

const b = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const url = process.env.URL ?? "http://127.0.0.1:8123";
for (const [name, w, h, scheme] of [
  ["light", 1440, 900, "light"],
  ["dark", 1440, 900, "dark"],
  ["narrow", 360, 780, "light"],
  ["middle", 1000, 800, "light"],
] as const) {
  const page = await b.newPage({ viewport: { width: w, height: h }, colorScheme: scheme });
  page.on("console", (m) => console.log(name, m.type(), m.text()));
  page.on("pageerror", (e) => console.log(name, "ERR", e.message, e.stack));
  page.on("requestfailed", (r) => console.log(name, "REQ", r.url()));
  const t = performance.now();
  await page.goto(url);
  await page.waitForSelector(".cm-content");
  await page.waitForFunction(() => document.querySelector(".cm-content")?.textContent?.includes("dataset"));
  console.log(name, "editor", Math.round(performance.now() - t));
  if (process.env.EXAMPLE) await page.getByRole("button", { name: process.env.EXAMPLE }).click();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.waitForSelector(".badge.done", { timeout: 15000 }).catch((e) => console.log(e.message));
  await page.waitForTimeout(900);
  await page.screenshot({ path: `/tmp/h4/page-${name}.png`, fullPage: name === "narrow" });
  console.log(
    name,
    "overflow",
    await page.evaluate(() => document.documentElement.scrollWidth),
    await page.locator(".progress-line").textContent(),
  );
  await page.close();
}
await b.close();
