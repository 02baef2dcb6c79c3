import assert from "node:assert/strict";
import { test } from "node:test";
import { renderSvg } from "../../../../functions/render/charts/svg.ts";
import { counts, regularAxis, twoAxes, variableAxis } from "../../../support/engine/sample-histograms.ts";

/** Every tag is closed in its order, attributes are quoted, and nothing but known entities is escaped. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  const text = svg
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_, close, name, _attributes, empty) => {
      if (close) assert.equal(open.pop(), name);
      else if (!empty) open.push(name);
      return "";
    });
  assert.deepEqual(open, []);
  assert.doesNotMatch(text, /[<>]/, "nothing but tags has angle brackets");
  assert.doesNotMatch(svg.replace(/&(?:amp|lt|gt|quot|apos|nbsp|#\d+|#x[\da-f]+);/gi, ""), /&/);
}

test("renderSvg gives a well-formed picture of the wanted size with title and axis titles", async () => {
  const svg = await renderSvg(counts(regularAxis(4, 0, 8, "pt [GeV]"), [0, 1, 4, 2, 0, 0]), { title: "Muons", width: 500, height: 300 });
  assertWellFormed(svg);
  assert.match(svg, /^<svg width="500" height="300"/);
  for (const words of ["Muons", "pt [GeV]", "entries / 2 GeV", "std dev"]) assert.ok(svg.includes(`>${words}<`), `it says ${words}`);
});

test("renderSvg draws two axes, and logarithmic ones, well-formed", async () => {
  assertWellFormed(await renderSvg(twoAxes));
  const growing = Array.from({ length: 31 }, (_, k) => 0.1 * 10 ** (k / 10));
  assertWellFormed(await renderSvg(counts(variableAxis(growing), new Array<number>(32).fill(5))));
});

test("renderSvg draws a label as text, whatever is in it", async () => {
  const hostile = `"><script>alert('1')</script>&amp; <b> ]]>`;
  const svg = await renderSvg(counts(regularAxis(2, 0, 8, hostile), [0, 1, 4, 0]), { title: hostile });
  assertWellFormed(svg);
  assert.doesNotMatch(svg, /<script/i);
});

test("renderSvg gives the same picture for the same histogram", async () => {
  const histogram = counts(regularAxis(4, 0, 8, "pt"), [0, 1, 4, 2, 0, 0]);
  assert.equal(await renderSvg(histogram), await renderSvg(histogram));
});

test("renderSvg shows control characters, turned writing and halves of characters escaped, for XML has none of them", async () => {
  for (const [label, shown] of [
    ["\u0000\u0001\b\u001b[31m", "\\u0000\\u0001\\u0008\\u001b[31m"],
    ["\ud800x", "\\ud800x"],
    ["\ufffe\uffff", "\\ufffe\\uffff"],
    ["\u202ertl", "\\u202ertl"],
    ["a\r\nb", "a\\u000d\\u000ab"],
    ["😀 µ ü", "😀 µ ü"],
  ] as const) {
    const svg = await renderSvg(counts(regularAxis(2, 0, 8, label), [0, 1, 4, 0]), { title: label });
    assertWellFormed(svg);
    assert.equal(svg.split(`>${shown}<`).length, 3, `${JSON.stringify(label)} is shown as ${shown}`);
  }
});

test("renderSvg draws the statistics of two axes, and the ground behind them, over the cells", async () => {
  const svg = await renderSvg(twoAxes);
  const ground = svg.indexOf('fill-opacity="0.9"');
  assert.ok(ground > svg.lastIndexOf('<path d="M', ground - 300) && svg.indexOf(">entries<") > ground);
  assert.doesNotMatch(svg.slice(svg.indexOf(">entries<"), svg.indexOf("<defs")), /<(path|rect)\b/);
});

test("renderSvg shows texts that are names of what every object has, and changes no object by them", async () => {
  const names = ["__proto__", "constructor", "x __proto__ y"];
  for (const label of names) {
    assertWellFormed(await renderSvg(counts(regularAxis(4, 0, 8, label), [0, 1, 4, 2, 0, 0]), { title: label }));
    assert.deepEqual(
      Reflect.ownKeys(Object.prototype).filter((key) => Object.keys(Object.prototype).includes(String(key))),
      [],
    );
  }
});
