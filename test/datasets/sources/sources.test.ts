import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { baseName } from "../../../datasets/dataset.ts";
import { hasWildcards, matcherOf } from "../../../datasets/sources/match-pattern.ts";
import { showPath } from "../../../datasets/sources/shown-path.ts";
import { absolutePattern, isLocal, sourceOf } from "../../../datasets/sources/sources.ts";

test("sourceOf refuses XRootD's URLs with the one to try, and others with those that are read", () => {
  assert.throws(() => sourceOf("root://eos.example.org:1094//eos/cms/1.root"), {
    name: "DatasetError",
    permanent: true,
    message: /^Cannot read root:\/\/.*: the XRootD protocol is not spoken here; .*try https:\/\/eos\.example\.org\/eos\/cms\/1\.root /,
  });
  assert.throws(
    () => sourceOf("ftp://me:secret@example.org/1.root"),
    (error: Error) => {
      assert.match(
        error.message,
        /^Cannot read ftp:\/\/example\.org\/1\.root: .* only paths of this machine, https:\/\/, http:\/\/, s3:\/\/$/,
      );
      return true;
    },
  );
});

test("absolutePattern makes paths and lists of this machine absolute, and leaves URLs alone", () => {
  const cases = [
    ["a/*.root", resolve("a/*.root")],
    ["@lists/a.txt", `@${resolve("lists/a.txt")}`],
    ["@https://example.org/a.txt", "@https://example.org/a.txt"],
    ["https://example.org/*.root", "https://example.org/*.root"],
  ] as const;
  for (const [pattern, expected] of cases) assert.equal(absolutePattern(pattern, resolve), expected);
  assert.deepEqual(["a", "/a@b", "@a", "s3://b/k"].map(isLocal), [true, true, false, false]);
});

test("showPath and baseName leave out names, passwords and signatures, of URLs alone", () => {
  const cases = [
    ["https://me:secret@example.org:8443/a/b.root?sig=se/cret#x", "https://example.org:8443/a/b.root", "b.root"],
    ["s3://bucket/a@b/c.root", "s3://bucket/a@b/c.root", "c.root"],
    ["/data/what?/a#1@2.root", "/data/what?/a#1@2.root", "a#1@2.root"],
    ["https://me:secret@exa mple/", "https://exa mple/", ""],
  ] as const;
  for (const [path, shown, name] of cases) assert.deepEqual([showPath(path), baseName(path)], [shown, name]);
});

test("matcherOf matches names as patterns for files of this machine do", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["a/*.root", ["a/1.root", "a/x y.root"], ["a/b/1.root", "a/.1.root", "a/1.rootx", "ba/1.root"]],
    ["a/**/*.root", ["a/1.root", "a/b/c/1.root"], ["a/.b/1.root", "b/1.root"]],
    ["a/**", ["a/1", "a/b/1"], ["a/.b/1", "a/b/.1", "a"]],
    ["{a,b/c}/[0-9]?.root", ["a/12.root", "b/c/3x.root"], ["a/x2.root", "b/12.root", "a/1/.root"]],
    ["[!a-c]\\*.(x)+$", ["d*.(x)+$"], ["a*.(x)+$", "dd.(x)+$"]],
    ["a{1,2", ["a{1,2"], ["a1"]],
  ];
  for (const [pattern, yes, no] of cases) {
    assert.deepEqual(
      yes.filter((path) => !matcherOf(pattern).test(path)),
      [],
      pattern,
    );
    assert.deepEqual(
      no.filter((path) => matcherOf(pattern).test(path)),
      [],
      pattern,
    );
  }
  assert.deepEqual(["a.root", "a?b", "*", "{a}", "[0]"].map(hasWildcards), [false, false, true, true, true]);
});
