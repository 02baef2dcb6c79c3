import assert from "node:assert/strict";
import { test } from "node:test";
import { hybridOutcomes } from "../../../datasets/kernels/hybrid-kernels.ts";
import { takeArea } from "../../../datasets/kernels/kernels.ts";
import { sequence } from "../read-for-test.ts";

type Run = { readonly packed: readonly number[] } | { readonly equal: number; readonly times: number };

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);

/** By the format's description: packed runs have whole groups of eight, lowest bits first; equal ones a value of whole bytes. */
function encode(runs: readonly Run[], width: number): number[] {
  return runs.flatMap((run) => {
    const groups = "packed" in run ? Math.ceil(run.packed.length / 8) : 0;
    const [length, bytes] = "packed" in run ? [2 * groups + 1, groups * width] : [2 * run.times, Math.ceil(width / 8)];
    const values = "packed" in run ? run.packed : [run.equal];
    const bits = values.reduce((all, value, index) => all | (BigInt(value) << BigInt(index * width)), 0n);
    return [...varint(length), ...Array.from({ length: bytes }, (_, byte) => Number((bits >> BigInt(8 * byte)) & 255n))];
  });
}

interface Gathering {
  readonly width: number;
  readonly count: number;
  readonly size: 1 | 4 | 8;
  /** The bytes of its values, one after another. */
  readonly dictionary: Uint8Array;
}

/** The bytes of the values, or what was wrong. What lies behind the indexes, and behind the room for values, is no zero. */
function gather(encoded: readonly number[], { width, count, size, dictionary }: Gathering): Uint8Array | number {
  const rounded = (length: number) => Math.ceil((length + 64) / 64) * 64;
  const room = [encoded.length, dictionary.length, count * size].map(rounded) as [number, number, number];
  const { kernels, base, bytes } = takeArea(room[0] + room[1] + room[2] + 64);
  bytes.fill(255, base, base + room[0] + room[1] + room[2] + 64);
  bytes.set(encoded, base);
  bytes.set(dictionary, base + room[0]);
  const to = base + room[0] + room[1];
  const outcome = kernels[`gather${size}`](base, encoded.length, width, count, to, base + room[0], dictionary.length / size);
  assert.ok(
    bytes.subarray(to + count * size + 64, base + room[0] + room[1] + room[2] + 64).every((byte) => byte === 255),
    "wrote beyond the slack",
  );
  return outcome === hybridOutcomes.sound ? bytes.slice(to, to + count * size) : outcome;
}

const sizes = [1, 4, 8] as const;

test("gather finds the values of indexes of every width, in runs of both kinds and of any length", () => {
  const next = sequence(23);
  for (let width = 1; width <= 32; width++) {
    for (const size of sizes) {
      const entries = Math.min(2 ** width, 3000);
      const dictionary = Uint8Array.from({ length: entries * size }, () => next(256));
      const some = (length: number) => Array.from({ length }, () => next(entries));
      const runs: readonly Run[] = [{ packed: some(8) }, { equal: next(entries), times: 21 }, { packed: some(104) }, { packed: some(13) }];
      const indexes = runs.flatMap((run) => ("packed" in run ? run.packed : Array.from({ length: run.times }, () => run.equal)));
      for (const count of [indexes.length, indexes.length - 11, 3]) {
        const found = gather(encode(runs, width), { width, count, size, dictionary });
        const wanted = indexes.slice(0, count).flatMap((index) => [...dictionary.subarray(index * size, (index + 1) * size)]);
        assert.deepEqual(found, Uint8Array.from(wanted), `width ${width}, ${count} values of ${size} bytes`);
      }
    }
  }
});

test("an index beyond the dictionary is refused wherever it stands, for every width", () => {
  for (let width = 1; width <= 32; width++) {
    for (const size of sizes) {
      const entries = width === 1 ? 1 : 2;
      const dictionary = new Uint8Array(entries * size);
      for (const wrong of [entries, 2 ** width - 1]) {
        for (let at = 0; at < 19; at++) {
          const packed = Array.from({ length: 19 }, (_, index) => (index === at ? wrong : 0));
          const outcome = gather(encode([{ packed }], width), { width, count: 19, size, dictionary });
          assert.equal(outcome, hybridOutcomes.beyondDictionary, `${wrong} of width ${width} at ${at}`);
        }
        const equal = gather(encode([{ equal: wrong, times: 19 }], width), { width, count: 19, size, dictionary });
        assert.equal(equal, hybridOutcomes.beyondDictionary);
      }
      const empty = gather(encode([{ packed: [0] }], width), { width, count: 1, size, dictionary: new Uint8Array(0) });
      assert.equal(empty, hybridOutcomes.beyondDictionary);
    }
  }
});

test("indexes that end too early are refused", () => {
  const packed = Array.from({ length: 64 }, (_, index) => index);
  const encoded = encode([{ packed }], 17);
  for (let end = 0; end < encoded.length; end++) {
    const outcome = gather(encoded.slice(0, end), { width: 17, count: 64, size: 4, dictionary: new Uint8Array(256) });
    assert.equal(outcome, hybridOutcomes.overrun, `cut at ${end}`);
  }
});
