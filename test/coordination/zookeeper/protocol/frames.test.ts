import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "../../../../coordination/zookeeper/protocol/frames.ts";

function frame(content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(content.length);
  return Buffer.concat([head, content]);
}

const contents = [Buffer.alloc(36, 1), Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(100_000, 2), Buffer.from("bc"), Buffer.alloc(3, 3)];
const bytes = Buffer.concat(contents.map(frame));

for (const size of [1, 2, 3, 5, 7, 41, 1_000, 65_536, bytes.length]) {
  test(`Frames: the same frames, in order, from pieces of ${size} bytes`, () => {
    const frames = new Frames();
    const taken: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) taken.push(...frames.take(bytes.subarray(at, at + size)));
    assert.deepEqual(
      taken.map((each) => each.toString("hex")),
      contents.map((content) => frame(content).toString("hex")),
    );
  });
}

test("Frames: what does not begin as an answer of ZooKeeper's does is refused with what it says", () => {
  assert.throws(() => new Frames().take(Buffer.from("HTTP/1.1 400 Bad Request\r\n")), { message: /it says "HTTP\/1\.1 400 Bad Reque/ });
  assert.throws(() => new Frames().take(Buffer.from([0xff, 0xff, 0xff, 0xff])), TypeError);
  // Too long for a first answer, but not for a later one.
  assert.throws(() => new Frames().take(frame(Buffer.alloc(2_000))), TypeError);
  const frames = new Frames();
  assert.equal(frames.take(frame(Buffer.alloc(37))).length, 1);
  assert.equal(frames.take(frame(Buffer.alloc(2_000))).length, 1);
  assert.throws(() => frames.take(Buffer.from("what is this")), TypeError);
});

test("Frames: a frame of many megabytes in small pieces takes time in proportion", () => {
  const frames = new Frames();
  frames.take(frame(Buffer.alloc(36)));
  const large = frame(Buffer.alloc(32_000_000, 4));
  let taken: readonly Buffer[] = [];
  for (let at = 0; at < large.length; at += 16_384) taken = frames.take(large.subarray(at, at + 16_384));
  assert.equal(taken.length, 1);
  assert.equal(taken[0]!.equals(large), true);
});
