import assert from "node:assert/strict";
import { test } from "node:test";
import { type Block, createSlabs, Slab, taken } from "../../../datasets/cache/slab.ts";

/** Numbers in [0, 1), the same ones each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("Slab blocks never overlap, are aligned, and are readable 16 bytes past their end, over random use", () => {
  const random = seeded(1);
  const slab = new Slab(0, 4 * 2 ** 20);
  const live: Block[] = [];
  let refused = 0;
  for (let step = 0; step < 20_000; step++) {
    if (live.length === 0 || random() < 0.55) {
      const block = slab.allocate(Math.floor(random() ** 4 * 400_000));
      if (!block) refused++;
      else {
        assert.ok(block.address > 0 && block.address % 16 === 0);
        assert.ok(block.address + block.bytes + 16 <= slab.memory.buffer.byteLength);
        live.push(block);
      }
    } else {
      const at = Math.floor(random() * live.length);
      const block = live[at]!;
      if (random() < 0.2) live[at] = slab.shrink(block, Math.floor(random() * block.bytes));
      else slab.free(live.splice(at, 1)[0]!);
    }
    if (step % 500 === 0) assertDisjoint(live, slab);
  }
  assert.ok(refused > 0, "the slab was never full");
  for (const block of live) slab.free(block);
  assert.equal(slab.used, 0);
  const whole = slab.allocate(slab.capacity - 16);
  assert.ok(whole, "freed blocks were not merged into one");
});

function assertDisjoint(live: readonly Block[], slab: Slab): void {
  const sorted = live.toSorted((a, b) => a.address - b.address);
  sorted.forEach((block, i) => {
    const next = sorted[i + 1];
    if (next) assert.ok(block.address + block.bytes + 16 <= next.address, "blocks overlap");
  });
  assert.equal(
    slab.used,
    live.reduce((sum, { bytes }) => sum + taken(bytes), 0),
  );
}

test("Slab.allocateAll gives all blocks or takes nothing", () => {
  const slab = new Slab(0, 2 ** 20);
  assert.equal(slab.allocateAll([600_000, 600_000]), undefined);
  assert.equal(slab.used, 0);
  assert.equal(slab.allocateAll([500_000, 500_000])?.length, 2);
});

test("Slab.free refuses a block that is free", () => {
  const slab = new Slab(0, 2 ** 20);
  const block = slab.allocate(100)!;
  slab.free(block);
  assert.throws(() => slab.free(block), RangeError);
});

test("Slab grows its memory only as blocks need it", () => {
  const slab = new Slab(0, 2 ** 30);
  assert.equal(slab.memory.buffer.byteLength, 65_536);
  slab.allocate(1_000_000);
  assert.ok(slab.memory.buffer.byteLength < 2 ** 28);
});

test("createSlabs splits the limit into as few equal slabs as it allows", () => {
  const slabs = createSlabs(5 * 2 ** 20, { largest: 2 * 2 ** 20 });
  assert.equal(slabs.length, 3);
  assert.ok(slabs.reduce((sum, { capacity }) => sum + capacity, 0) <= 5 * 2 ** 20);
  assert.deepEqual(new Set(slabs.map(({ capacity }) => capacity)).size, 1);
});
