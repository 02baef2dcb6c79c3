/** Several tabs of one browser, over a server that computes when the test lets it. */
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { serve, urlOf } from "../../runtime/serve/serve.ts";
import { openApp, type TestApp } from "../support/open-app.ts";
import { until } from "../support/until.ts";
import { findChromium, launch, longestWait, skipWithout, watchComplaints } from "./browser.ts";

const chromium = await findChromium();

const query = (bins: number) =>
  JSON.stringify({
    dataset: "events",
    histograms: { met: { axes: [{ type: "regular", bins, lower: 0, upper: 200, value: "MET.pt" }] } },
  });

const idsOf = async (app: TestApp): Promise<string[]> => {
  const { queries } = (await (await app.request("/queries")).json()) as { readonly queries: readonly { readonly id: string }[] };
  return queries.map(({ id }) => id);
};

describe("tabs of one browser", { skip: skipWithout(chromium) }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch(chromium);
  });
  after(() => browser?.close());

  interface Tabs {
    readonly app: TestApp;
    /** Opens the page in one more tab, with a query in its editor. */
    open(text: string): Promise<Page>;
  }

  async function openTabs(t: TestContext): Promise<Tabs> {
    const app = await openApp(t);
    const address = { host: "127.0.0.1", port: 0 };
    const listening = await serve((request) => app.functions.fetch(request, { address: address.host }), address);
    t.after(() => listening.close(0));
    const context = await browser.newContext();
    context.setDefaultTimeout(longestWait);
    t.after(() => context.close());
    const complaints: (readonly string[])[] = [];
    t.after(() => assert.deepEqual(complaints.flat(), []));
    return {
      app,
      async open(text) {
        const page = await context.newPage();
        complaints.push(watchComplaints(page));
        await page.addInitScript((value) => localStorage.setItem("femtoq.query", value), text);
        await page.goto(urlOf({ ...address, port: listening.port }));
        await page.locator(".cm-content", { hasText: '"dataset"' }).waitFor();
        return page;
      },
    };
  }

  const run = (page: Page) => page.getByRole("button", { name: "Run", exact: true }).click();
  const cancel = (page: Page) => page.getByRole("button", { name: "Cancel" }).click();
  const reaches = (page: Page, ...names: readonly string[]) =>
    page.locator(".badge", { hasText: new RegExp(`^(${names.join("|")})$`) }).waitFor();

  test("what one tab cancels is computed for another that follows it", async (t) => {
    const { app, open } = await openTabs(t);
    app.gate.close();
    const [first, second] = [await open(query(40)), await open(query(40))];
    for (const page of [first, second]) {
      await run(page);
      await reaches(page, "waiting", "running");
    }
    const told = first.waitForResponse((response) => response.request().method() === "DELETE");
    await cancel(first);
    assert.equal((await told).status(), 200);
    await reaches(first, "cancelled");
    app.gate.open();
    await reaches(second, "done");
  });

  test("a tab that is loaded again can cancel what it asked for before; its copy has an interest of its own", async (t) => {
    const { app, open } = await openTabs(t);
    app.gate.close();
    const page = await open(query(41));
    await run(page);
    await reaches(page, "waiting", "running");
    const copied = page.waitForEvent("popup");
    await page.evaluate(() => void window.open(location.href));
    const copy = await copied;
    await run(copy);
    await reaches(copy, "waiting", "running");
    const interested = async () => [...(await app.services.coordinator.interest(await idsOf(app))).values()];
    assert.deepEqual(await interested(), [2]);
    await page.reload();
    await run(page);
    await reaches(page, "waiting", "running");
    assert.deepEqual(await interested(), [2]);
    for (const each of [page, copy]) {
      await cancel(each);
      await reaches(each, "cancelled");
    }
    await until(async () => (await app.services.coordinator.demand()).length === 0, "the end of the query");
  });

  test("eight tabs with running queries load, and finish", async (t) => {
    const { app, open } = await openTabs(t);
    app.gate.close();
    const pages: Page[] = [];
    for (let tab = 0; tab < 8; tab++) {
      const page = await open(query(50 + tab));
      await run(page);
      await reaches(page, "waiting", "running");
      pages.push(page);
    }
    app.gate.open();
    for (const page of pages) await reaches(page, "done");
  });
});
