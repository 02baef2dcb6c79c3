/** The random expressions of the differential test have in them all that the language has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { axisKinds } from "../../../engine/axes/axes.ts";
import { components } from "../../../engine/check/four-vector.ts";
import { functionNames } from "../../../engine/check/functions.ts";
import { arithmeticOperators, comparisonOperators } from "../../../engine/expression/tree.ts";
import { methods } from "../../../engine/lists/list-operators.ts";
import { defaultStorage, storages } from "../../../engine/storages/storages.ts";
import { generateCase } from "../../support/engine/random/generate-case.ts";
import type { PlainAxis } from "../../support/engine/random/plain-histogram.ts";
import { randomHistogram } from "../../support/engine/random/random-histogram.ts";
import { seeded } from "../../support/seeded.ts";

test("the generator of histograms covers every type of axis but auto, whose bins follow from the values, and every storage", () => {
  const random = seeded(1);
  const histograms = Array.from({ length: 300 }, () => randomHistogram(random));
  const axes = new Set(histograms.flatMap(({ axes }) => axes.map(({ axis }) => axis.type)));
  assert.deepEqual(
    Object.keys(axisKinds).filter((type) => type !== "auto" && !axes.has(type as PlainAxis["type"])),
    [],
  );
  assert(histograms.some(({ axes }) => axes.some(({ axis }) => "circular" in axis)));
  const used = histograms.map(
    ({ weight, sample, storage }) => storage ?? defaultStorage({ hasWeight: weight !== undefined, hasSample: sample !== undefined }),
  );
  assert.deepEqual(new Set(used), new Set(Object.keys(storages)));
});

test("the generator of expressions covers every method, function, operator and component", (t) => {
  const random = seeded(1);
  const texts = Array.from({ length: 4000 }, (_, index) => {
    const { defines, piece } = generateCase(random, { missing: index % 2 === 0, prefix: "d" });
    return [...defines.map((define) => define.piece.text), piece.text].join("; ");
  });
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const parts: Readonly<Record<string, RegExp>> = {
    ...Object.fromEntries([...methods.keys()].map((name) => [`.${name}()`, new RegExp(`\\.${name}\\(`)])),
    ...Object.fromEntries(functionNames.map((name) => [`${name}()`, new RegExp(`(?<![.\\w])${name}\\(`)])),
    ...Object.fromEntries(components.map((name) => [`.${name}`, new RegExp(`\\.${name}(?!\\w)`)])),
    ...Object.fromEntries(
      [...arithmeticOperators, ...comparisonOperators, "&&", "||", "??"].map((operator) => [
        operator,
        new RegExp(` ${escaped(operator)} `),
      ]),
    ),
    "? :": / \? .* : /,
    "?.": /\?\.\w/,
    "!": /!\(?\w/,
    "~": /~/,
    "[i]": /\w\[[\w-]/,
    "{ ...record }": /\{ \.\.\./,
    ".length": /\.length/,
    "?.[i]": /\?\.\[/,
    "{ field: value }": /\(\{ \w+:/,
    "lists in elements": /\.(?:cells|parts|near)\b/,
    "col()": /col\("/,
  };
  const counts = Object.entries(parts).map(([part, written]) => [part, texts.filter((text) => written.test(text)).length] as const);
  t.diagnostic(counts.map(([part, count]) => `${part} ${count}`).join(", "));
  assert.deepEqual(
    counts.filter(([, count]) => count < 5).map(([part]) => part),
    [],
  );
});
