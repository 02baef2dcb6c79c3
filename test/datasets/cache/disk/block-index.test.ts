import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockIndex } from "../../../../datasets/cache/disk/block-index.ts";

/** Asks for a block of one byte, and keeps it if the index allows it; returns whether it was there. */
function use(index: BlockIndex, name: string): boolean {
  const { isHere, askedBefore } = index.ask(name);
  if (!isHere && index.makeRoom(1, askedBefore)) index.add(name, 1);
  return isHere;
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test("what is used again and again stays, whatever is read once", () => {
  const index = new BlockIndex(10);
  const wanted = names("wanted", 10);
  for (let round = 0; round < 3; round++) for (const name of wanted) use(index, name);
  for (const name of names("scan", 1000)) use(index, name);
  assert.deepEqual(
    wanted.filter((name) => index.has(name)),
    wanted,
  );
});

test("of a scan that is three times as large, repeated, as much is found as there is room for", () => {
  const index = new BlockIndex(10);
  const scan = names("scan", 30);
  for (const name of scan) use(index, name);
  assert.equal(scan.filter((name) => use(index, name)).length, 10);
  assert.equal(scan.filter((name) => use(index, name)).length, 10);
});

test("what nobody asks for any more goes for what is asked for twice", () => {
  const index = new BlockIndex(10);
  for (const name of names("old", 10)) use(index, name);
  const wanted = names("new", 10);
  for (let round = 0; round < 2; round++) for (const name of wanted) use(index, name);
  assert(wanted.every((name) => use(index, name)));
  assert.equal(index.bytes, 10);
});

test("the bytes never exceed the limit, and a block beyond it is not kept", () => {
  const index = new BlockIndex(10);
  assert.equal(index.makeRoom(11, 1), undefined);
  index.add("others put it here", 15);
  assert.deepEqual(index.shrink(), ["others put it here"]);
  assert.equal(index.bytes, 0);
});
