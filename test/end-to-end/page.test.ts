/** The page in a real browser, over a real server that makes its demo dataset while the first test runs. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type ServerProcess, startServerProcess, temporaryDirectory } from "../runtime/server-process.ts";
import { slowQuery } from "../runtime/slow-query.ts";
import { until } from "../support/until.ts";
import { findChromium, launch, longestWait, skipWithout, watchComplaints, writeQuery } from "./browser.ts";

const chromium = await findChromium();
const desktop = { width: 1440, height: 900 };

describe("the page", { skip: skipWithout(chromium) }, () => {
  let state: Awaited<ReturnType<typeof temporaryDirectory>>;
  let server: ServerProcess;
  let browser: Browser;

  before(async () => {
    state = await temporaryDirectory();
    browser = await launch(chromium);
    server = await startServerProcess(["--state", state.path]);
  });

  after(async () => {
    await browser?.close();
    server?.kill("SIGTERM");
    await server?.exited;
    await state?.remove();
  });

  /** Opens a page with its own storage, and checks at the end that it complained of nothing. */
  async function withPage(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext(options);
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(longestWait);
      const complaints = watchComplaints(page);
      await page.goto(server.url);
      await page.waitForFunction(() => document.querySelector(".cm-content")?.textContent?.includes('"dataset": "demo"'));
      await use(page);
      assert.deepEqual(complaints, []);
    } finally {
      await context.close();
    }
  }

  const run = (page: Page) => page.getByRole("button", { name: "Run", exact: true }).click();
  const reaches = (page: Page, name: string) => page.locator(".badge", { hasText: new RegExp(`^${name}$`) }).waitFor();
  const chartLabel = async (page: Page) => (await page.locator(".chart").getAttribute("aria-label")) ?? "";

  const write = (page: Page, query: unknown) => writeQuery(page, typeof query === "string" ? query : JSON.stringify(query, null, 2));

  test("shows how far the demo dataset is, and a histogram that fills in until it is complete", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      await page.getByText(/events are made/).waitFor();
      await page.evaluate(() => {
        const seen: string[] = [];
        Object.assign(globalThis, { seen });
        new MutationObserver(() => seen.push(document.querySelector(".chart")?.getAttribute("aria-label") ?? "")).observe(
          document.querySelector(".chart")!,
          { attributes: true },
        );
      });
      await run(page);
      await page.getByText("1\u202f000\u202f000 of 1\u202f000\u202f000 events").first().waitFor();
      await reaches(page, "done");
      await page.getByText(/events are made/).waitFor({ state: "hidden" });
      const labels = await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
      const entries = labels.map((label) => Number(/entries ([\d\u202f]+)/.exec(label)?.[1].replaceAll("\u202f", "") ?? 0));
      assert.ok(new Set(entries).size > 3, `it grows in steps: ${[...new Set(entries)]}`);
      assert.deepEqual(
        entries,
        entries.toSorted((a, b) => a - b),
      );
      assert.ok(entries[entries.length - 1] > 900_000);
    });
  });

  test("draws the chart, and answers a query asked before from the store", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      await run(page);
      await reaches(page, "done");
      await page.getByLabel("Filter columns").focus();
      await page.keyboard.press("Control+Enter");
      await page.getByText("All 10 partitions came from the store: nothing was computed.").waitFor();
      const inked = await page.locator(".chart canvas").evaluate((node) => {
        const canvas = node as HTMLCanvasElement;
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) if (data[at + 2] > 150 && data[at] < 40 && data[at + 3] > 200) count++;
        return count;
      });
      assert.ok(inked > 500, `${inked} pixels have the line's colour`);
      for (const format of ["JSON", "UHI", "CSV", "SVG"]) {
        const href = await page.getByRole("link", { name: format, exact: true }).getAttribute("href");
        assert.equal((await page.request.get(server.url + href)).status(), 200, format);
      }
    });
  });

  test("switches between linear and logarithmic axes", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      await run(page);
      await reaches(page, "done");
      const logarithmic = page.getByRole("button", { name: "log y" });
      assert.equal(await logarithmic.getAttribute("aria-pressed"), "true");
      const before = await page.locator(".chart canvas").screenshot();
      await logarithmic.click();
      assert.equal(await logarithmic.getAttribute("aria-pressed"), "false");
      await until(async () => !before.equals(await page.locator(".chart canvas").screenshot()), "another drawing");
    });
  });

  test("underlines an error at its place, lists it with near names, and does not run it", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      const axis = { type: "regular", bins: 10, lower: 0, upper: 100, value: 'Muon.filter(m => m.ptt > 5 && "µ" == "µ").pt' };
      await write(page, { dataset: "demo", histograms: { pt: { axes: [axis] } } });
      await page.locator(".cm-lintRange-error").waitFor();
      assert.equal((await page.locator(".cm-lintRange-error").allTextContents()).join(""), "ptt");
      assert.match((await page.locator(".issues").textContent()) ?? "", /\/histograms\/pt\/axes\/0\/value 1:20.*Near: .*pt/s);
      await page.keyboard.press("Control+Enter");
      await reaches(page, "not run");
      await page.locator(".cm-lintRange-error").first().hover();
      await page.locator(".cm-diagnosticAction", { hasText: /^pt$/ }).click();
      assert.match((await page.locator(".cm-content").textContent()) ?? "", /m\.pt > 5/);
    });
  });

  test("underlines what is not JSON", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      await write(page, '{ "dataset": demo }');
      await page.locator(".cm-lintRange-error").waitFor();
      assert.equal(await page.locator(".cm-lintRange-error").textContent(), "demo");
      assert.match((await page.locator(".issues").textContent()) ?? "", /^line 1, column 14 This is not JSON/);
    });
  });

  test("cancels a query: the page shows it, the server stops", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      await write(page, slowQuery("demo", 7));
      const posted = page.waitForResponse((response) => response.url().endsWith("/queries") && response.request().method() === "POST");
      await run(page);
      const { id } = await (await posted).json();
      await reaches(page, "running");
      await page.getByRole("button", { name: "Cancel" }).click();
      await reaches(page, "cancelled");
      const end = performance.now() + 10_000;
      let subtasks: { unowned: number; owned: number };
      do ({ subtasks } = await (await page.request.get(`${server.url}/nodes`)).json());
      while (subtasks.unowned + subtasks.owned > 0 && performance.now() < end);
      assert.deepEqual([subtasks.unowned, subtasks.owned], [0, 0], `nothing of ${id} goes on`);
      assert.equal(await page.getByRole("button", { name: "Cancel" }).isDisabled(), true);
    });
  });

  test("fits on 360 pixels: nothing is cut off, and a query runs", async () => {
    await withPage({ viewport: { width: 360, height: 740 }, hasTouch: true }, async (page) => {
      await page.getByRole("button", { name: "Z peak" }).tap();
      await page.getByText("Z to two muons").first().waitFor();
      await run(page);
      await reaches(page, "done");
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll("main *")]
          .filter((node) => !node.closest(".cm-editor, .cutflow, .visually-hidden") && node.getBoundingClientRect().right > 361)
          .map((node) => node.outerHTML.slice(0, 80)),
      );
      assert.deepEqual(wide, []);
      await page.locator(".statistics").waitFor();
      const { height } = (await page.getByRole("button", { name: "Run", exact: true }).boundingBox())!;
      assert.ok(height >= 36, `Run is ${height} pixels high`);
    });
  });

  test("works by keyboard alone: choose a column, write, run, look at another histogram", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "Skip to the query");
      const tree = page.getByRole("tree", { name: "Columns" });
      await page.locator(".cm-content").focus();
      await page.keyboard.press("ArrowRight");
      await page.getByLabel("Filter columns").focus();
      await page.keyboard.type("met");
      await page.keyboard.press("Tab");
      assert.match(await focused(), /^MET/);
      await page.keyboard.press("ArrowLeft");
      assert.equal(await tree.getByRole("treeitem", { name: /^MET/ }).getAttribute("aria-expanded"), "false");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      assert.match(await focused(), /^pt/);
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement?.className.includes("cm-content")), true);
      assert.match((await page.locator(".cm-content").textContent()) ?? "", /MET\.pt/);
      const axis = { type: "regular", bins: 10, lower: 0, upper: 100 };
      const histograms = { first: { axes: [{ ...axis, value: "MET.pt" }] }, second: { axes: [{ ...axis, value: "Jet.pt" }] } };
      await write(page, { dataset: "demo", histograms });
      await page.keyboard.press("Control+Enter");
      await reaches(page, "done");
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "Run", "Tab leaves the editor");
      await page.getByRole("tab", { name: "first" }).focus();
      const label = await chartLabel(page);
      await page.keyboard.press("ArrowRight");
      assert.equal(await focused(), "second");
      assert.notEqual(await chartLabel(page), label);
      assert.match(await chartLabel(page), /^Histogram second: entries/);
    });
  });

  test("takes what is typed over a selection, without a style that the page refuses", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      const editor = page.locator(".cm-content");
      const shown = async () => (await editor.locator(".cm-line").allTextContents()).join("\n");
      const reads = (text: string) => until(async () => (await shown()) === text, `the editor has ${text}`);
      const lines = '{\n  "dataset": "demo"\n}';
      await write(page, { dataset: "demo", histograms: {} });
      await editor.press("Control+a");
      await page.keyboard.insertText(lines);
      await reads(lines);
      await editor.press("Control+a");
      await editor.pressSequentially("[1]");
      await reads("[1]");
      await editor.press("Control+z");
      await reads(lines);
    });
  });

  test("tells a screen reader how the query goes, and follows the system's dark colours", async () => {
    await withPage({ viewport: desktop, colorScheme: "dark" }, async (page) => {
      await run(page);
      await page.locator("[aria-live=polite]", { hasText: /^done: 10 of 10 partitions/ }).waitFor();
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const lightest = Math.max(...[...background.matchAll(/\d+/g)].slice(0, 3).map(Number));
      assert.ok(lightest < 40, background);
    });
  });

  test("keeps the query over a reload, and one name for the client", async () => {
    await withPage({ viewport: desktop }, async (page) => {
      await page.getByRole("button", { name: "Jets and MET" }).click();
      const names = new Set<string | undefined>();
      page.on("request", (request) => request.url().includes("/queries") && names.add(request.headers()["femtoq-client"]));
      await page.waitForFunction(() => document.querySelector(".cm-content")?.textContent?.includes("Jets and missing energy"));
      await page.reload();
      await page.waitForFunction(() => document.querySelector(".cm-content")?.textContent?.includes("Jets and missing energy"));
      await run(page);
      await reaches(page, "done");
      assert.equal(names.size, 1);
      assert.match([...names][0] ?? "", /^page-[0-9a-f]{18}$/);
    });
  });
});
