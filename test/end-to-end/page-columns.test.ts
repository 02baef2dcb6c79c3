/** Tests what the page shows of columns, notices and variations, in a real browser. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Page } from "playwright-core";
import { formatNumber } from "../../functions/render/format-number.js";
import { serve, urlOf } from "../../runtime/serve/serve.ts";
import { temporaryDirectory } from "../runtime/server-process.ts";
import { CleanupStack } from "../support/cleanup.ts";
import { openApp, type TestApp } from "../support/open-app.ts";
import { findChromium, launch, longestWait, skipWithout, watchComplaints, writeQuery } from "./browser.ts";

const chromium = await findChromium();

describe("the page", { skip: skipWithout(chromium) }, () => {
  const cleanup = new CleanupStack();
  let app: TestApp;
  let page: Page;
  let complaints: readonly string[];

  before(async () => {
    const browser = await launch(chromium);
    cleanup.after(() => browser.close());
    const files = await temporaryDirectory();
    cleanup.after(files.remove);
    const odd = join(files.path, "odd.parquet");
    const columnData = [
      { name: "x", data: [1.5, null, Number.NaN, -2], type: "DOUBLE" as const },
      { name: "flag", data: [true, null, false, true], type: "BOOLEAN" as const },
      { name: "name", data: ["a", "b", null, ""], type: "STRING" as const },
    ];
    await writeFile(odd, new Uint8Array(parquetWriteBuffer({ columnData })));
    app = await openApp(cleanup, { extraData: [`odd=${odd}`] });
    const address = { host: "127.0.0.1", port: 0 };
    const listening = await serve((request) => app.functions.fetch(request, { address: address.host }), address);
    cleanup.after(() => listening.close(0));
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(longestWait);
    complaints = watchComplaints(page);
    await page.goto(urlOf({ ...address, port: listening.port }));
    await page.locator(".facts", { hasText: /^1\u202f000 events/ }).waitFor();
  });

  after(() => cleanup.close());

  const column = (name: string) => page.getByRole("treeitem", { name: new RegExp(`^${name},`) });
  const drawing = (name: string) => page.getByRole("img", { name: new RegExp(`^Histogram of ${name}: values`) });
  const numbers = () => page.locator(".column dd").allTextContents();
  const select = async (record: string, field: string) =>
    column(record)
      .getByRole("treeitem", { name: new RegExp(`^${field},`) })
      .click();

  test("shows the numbers and the histogram of the column that was selected last, as the server answers them, of each element of its lists", async () => {
    const { statistics } = (await (await app.request("/datasets/events?stats=Muon_pt")).json()) as {
      statistics: [{ values: number; min: number; max: number; sum: number }];
    };
    const [{ values, min, max, sum }] = statistics;
    const axes = [{ type: "auto", bins: 40, value: 'col("Muon_pt")' }];
    const { storage } = (await app.ask({ dataset: "events", histograms: { pt: { axes } } })).histograms.pt!;
    const contents = (storage as { readonly values: readonly number[] }).values.slice(1, -1);

    app.gate.close();
    await select("MET", "pt");
    await page.getByText("Reading the column…").waitFor();
    await select("Muon", "pt");
    app.gate.open();
    await drawing("Muon_pt").waitFor();
    const expected = [values, min, max, sum / values].map(formatNumber);
    assert.deepEqual(await numbers(), expected);
    const label = ["values", "min", "max", "mean"].map((name, index) => `${name} ${expected[index]}`).join(", ");
    assert.equal(await drawing("Muon_pt").getAttribute("aria-label"), `Histogram of Muon_pt: ${label}`);
    await page.waitForFunction(
      (total) =>
        [...document.querySelectorAll(".column rect")].reduce((sum, bar) => sum + Number(bar.getAttribute("data-content")), 0) === total,
      values,
    );
    const bars = await page
      .locator(".column rect")
      .evaluateAll((nodes) =>
        nodes.map((node) => ({ content: Number(node.getAttribute("data-content")), height: node.getBoundingClientRect().height })),
      );
    assert.deepEqual(
      bars.map(({ content }) => content),
      contents,
    );
    const tallest = Math.max(...bars.map(({ height }) => height));
    assert.ok(tallest > 40, `${tallest} pixels`);
    for (const { content, height } of bars) assert.ok(Math.abs(height / tallest - content / Math.max(...contents)) < 1e-3);
  });

  test("computes nothing for a closed panel; opened, it shows the column that was selected last", async () => {
    await page.locator(".column summary").click();
    const asked: string[] = [];
    page.on("request", (request) => /stats=|\/queries$/.test(request.url()) && asked.push(request.url()));
    await select("Muon", "eta");
    await page.waitForTimeout(200);
    assert.deepEqual(asked, []);
    await page.locator(".column summary").click();
    await drawing("Muon_eta").waitFor();
  });

  test("says of a column what is not finite, of booleans how many are true, of strings their number; an error in words", async () => {
    await page.getByLabel("Dataset", { exact: true }).selectOption("odd");
    await column("x").click();
    await drawing("x").waitFor();
    assert.equal(await drawing("x").getAttribute("aria-label"), "Histogram of x: values 3, min −2, max 1.5, mean −0.25, not finite 1");
    await column("flag").click();
    await drawing("flag").waitFor();
    await page.locator(".column figcaption", { hasText: "falseup to 2 / bintrue" }).waitFor();
    assert.deepEqual((await numbers()).slice(0, 2), ["3", "2"]);
    await page.route(/stats=name/, (route) => route.abort());
    await column("name").click();
    await page.locator(".column p", { hasText: "127.0.0.1" }).waitFor();
    await page.unroute(/stats=name/);
    await column("name").click();
    await page.locator(".column dd").waitFor();
    assert.deepEqual(await numbers(), ["3"]);
    assert.equal(await page.locator(".column svg").count(), 0);
  });

  test("notes beside a result what its query tells, and draws the variation that is chosen", async () => {
    const axes = [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "Muon_pt" }];
    const high = { define: { Muon: "Muon.filter(m => m.charge > 0)" }, filter: "MET.pt > 20" };
    const query = { dataset: "events", histograms: { pt: { axes } }, variations: { high } };
    const { histograms, variations, notices = [] } = await app.ask(query);
    await writeQuery(page, JSON.stringify(query));
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const drawn = async ({ pt }: typeof histograms) => {
      const { values } = pt!.storage as { readonly values: readonly number[] };
      const entries = formatNumber(values.reduce((sum, each) => sum + each, 0)).replace("\u202f", "\\s");
      await page.getByRole("img", { name: new RegExp(`^Histogram pt: entries ${entries},`) }).waitFor();
      return entries;
    };
    const nominal = await drawn(histograms);
    assert.ok(notices.length > 0);
    const shown = page.getByRole("list", { name: "Notes" }).getByRole("listitem");
    assert.deepEqual(
      await shown.allTextContents(),
      notices.map((notice) => `note: ${notice}`),
    );
    await page.getByLabel("Variation").selectOption("high");
    assert.notEqual(await drawn(variations.high!.histograms), nominal);
    assert.deepEqual(
      complaints.filter((line) => !line.includes("ERR_FAILED")),
      [],
    );
  });

  test("shows the nodes, what they run and hold, once their panel is opened, and no complaint of the browser", async () => {
    const panel = page.locator("#nodes");
    assert.equal(await panel.getByRole("row").count(), 0);
    await panel.getByText("Nodes").click();
    await panel.getByRole("row").nth(1).waitFor();
    const { nodes } = (await (await app.request("/nodes")).json()) as { nodes: [{ host: string; threads: number }] };
    const [{ host, threads }] = nodes;
    assert.deepEqual((await panel.getByRole("row").nth(1).getByRole("cell").allTextContents()).slice(0, 2), [host, `${threads}`]);
    assert.deepEqual(
      complaints.filter((line) => !line.includes("ERR_FAILED")),
      [],
    );
  });
});
