import assert from "node:assert/strict";
import { test } from "node:test";
import { readAhead } from "../../../datasets/sources/read-ahead.ts";
import type { ByteRange, ByteReader } from "../../../datasets/sources/source.ts";
import { seeded, seedOr } from "../../support/seeded.ts";
import { until } from "../../support/until.ts";

const bytes = Uint8Array.from({ length: 5000 }, (_, at) => at * 7 + (at >> 8));
const expected = ({ start, end }: ByteRange) => [...bytes.slice(start, end)];
const range = (start: number, end: number): ByteRange => ({ start, end });

/** Counts its reads; those that touch a byte of `broken` fail. */
function counting({ gap = 10, most = 1000, atATime = 3, broken = -1 } = {}) {
  const single: string[] = [];
  const joint: string[] = [];
  const reader: ByteReader = {
    byteLength: bytes.length,
    slice: async (start, end = bytes.length) => {
      single.push(`${start}–${end}`);
      return bytes.slice(start, end).buffer;
    },
    joined: {
      gap,
      most,
      atATime,
      read: async (ranges) => {
        const [start, end] = [ranges[0]!.start, ranges.at(-1)!.end];
        joint.push(`${start}–${end}`);
        await null;
        if (start <= broken && broken < end) throw new Error(`byte ${broken} is broken`);
        return ranges.map((each) => bytes.slice(each.start, each.end).buffer);
      },
    },
  };
  return { reader, single, joint };
}

const take = async (reader: ByteReader, { start, end }: ByteRange) => [...new Uint8Array(await reader.slice(start, end))];

test("readAhead fetches several columns in few reads, and each byte once, also where they share ranges", async () => {
  const { reader, single, joint } = counting();
  const told = [
    [range(0, 100), range(300, 400)],
    [range(105, 200), range(0, 100), range(410, 420)],
  ];
  const readers = readAhead(reader, told);
  for (const [index, ranges] of told.entries())
    for (const each of ranges) assert.deepEqual(await take(readers[index]!, each), expected(each));
  assert.deepEqual([single, joint], [[], ["0–200", "300–420"]]);
});

test("readAhead gives parts of a range, overlapping ones too, without another read", async () => {
  const { reader, single, joint } = counting({ most: 100 });
  const [own] = readAhead(reader, [[range(0, 250)]]);
  for (const each of [range(0, 80), range(60, 160), range(150, 250)]) assert.deepEqual(await take(own!, each), expected(each));
  assert.deepEqual([single, joint], [[], ["0–100", "100–200", "200–250"]]);
});

test("readAhead reads what was not told, or is asked for once more, when it is asked for", async () => {
  const { reader, single } = counting();
  const [own] = readAhead(reader, [[range(0, 100)]]);
  for (const each of [range(0, 100), range(0, 100), range(90, 110), range(4000, 4001)])
    assert.deepEqual(await take(own!, each), expected(each));
  assert.deepEqual(single, ["0–100", "90–110", "4000–4001"]);
});

test("readAhead fails those who need a read that failed, and no others", async () => {
  const { reader } = counting({ broken: 350 });
  const [one, two] = readAhead(reader, [[range(300, 400)], [range(0, 100), range(600, 700)]]);
  await assert.rejects(one!.slice(300, 400), /byte 350 is broken/);
  assert.deepEqual(await take(two!, range(0, 100)), expected(range(0, 100)));
  assert.deepEqual(await take(two!, range(600, 700)), expected(range(600, 700)));
});

test("readAhead has as many reads going on as the source wants, and fetches nothing for those who left", async () => {
  const { reader, joint } = counting({ gap: 0, atATime: 2 });
  const far = (from: number) => Array.from({ length: 3 }, (_, at) => range(from + 100 * at, from + 100 * at + 10));
  const [one, two] = readAhead(reader, [far(0), far(1000)]);
  assert.deepEqual(joint, ["0–10", "100–110"]);
  one!.leave();
  await until(() => joint.length === 5);
  assert.deepEqual(joint.slice(2), ["1000–1010", "1100–1110", "1200–1210"]);
  two!.leave();
});

test("readAhead holds a bounded number of bytes until somebody asks for them", async () => {
  const size = 20 * 2 ** 20;
  const begun: number[] = [];
  const reader: ByteReader = {
    byteLength: 4 * size,
    slice: async (start, end = 0) => new ArrayBuffer(end - start),
    joined: {
      gap: 0,
      most: size,
      atATime: 8,
      read: async ([first]) => {
        begun.push(first!.start / size);
        return [new ArrayBuffer(size)];
      },
    },
  };
  const [own] = readAhead(reader, [[0, 1, 2, 3].map((at) => range(at * size, (at + 1) * size))]);
  for (const at of [0, 1, 2, 3]) {
    assert.deepEqual(begun, [0, 1, 2, 3].slice(0, at + 1));
    await own!.slice(at * size, (at + 1) * size);
  }
});

test("readAhead gives what the reader gives, whatever is told and asked for", async () => {
  const random = seeded(seedOr(11));
  for (let round = 0; round < 40; round++) {
    const { reader } = counting({ gap: random.below(50), most: 1 + random.below(400), atATime: 1 + random.below(4) });
    const told = Array.from({ length: 1 + random.below(4) }, () =>
      Array.from({ length: random.below(6) }, () => {
        const start = random.below(4000);
        return range(start, start + random.below(600));
      }),
    );
    const readers = readAhead(reader, told);
    await Promise.all(
      told.map(async (ranges, index) => {
        for (const { start, end } of ranges) {
          for (let at = start; at < end; at += 1 + random.below(200)) {
            const part = range(at, Math.min(end, at + random.below(250)));
            assert.deepEqual(await take(readers[index]!, part), expected(part));
          }
          if (random.chance(0.1)) break;
        }
        readers[index]!.leave();
      }),
    );
  }
});
