import assert from "node:assert/strict";
import { test } from "node:test";
import { separate } from "../../../functions/page/browser/query/separate.js";

/** Inserts words at the text's cursor, or in place of what is between two cursors. */
function put(text: string, words: string): string {
  const [before, ...rest] = text.split("|");
  const { from, to, insert } = separate(
    text.replaceAll("|", ""),
    { from: before!.length, to: before!.length + (rest.length > 1 ? rest[0]!.length : 0) },
    words,
  );
  const plain = text.replaceAll("|", "");
  return plain.slice(0, from) + insert + plain.slice(to);
}

test("separate puts words at the cursor, behind the word that it is in, and never against another", () => {
  assert.equal(put("abs(|)", "MET.pt"), "abs(MET.pt)");
  assert.equal(put("Mu|on", "MET.pt"), "Muon MET.pt");
  assert.equal(put("Muon| > 1", "MET.pt"), "Muon MET.pt > 1");
  assert.equal(put("|Muon", "MET.pt"), "MET.pt Muon");
  assert.equal(put("1 + |Muon|.pt", "MET"), "1 + MET.pt");
  assert.equal(put("", "MET"), "MET");
});
