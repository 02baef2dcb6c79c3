import assert from "node:assert/strict";
import { test } from "node:test";
import type { SubtaskEvent } from "../../coordination/coordinator.ts";
import { Watchers } from "../../coordination/watchers.ts";

const rethrow = (error: unknown) => {
  throw error;
};
const event = (kind: "unowned" | "loading" | "done", key: string): SubtaskEvent => ({ kind, key });

test("Watchers.emit tells those who watch the key, in the order they came", () => {
  const watchers = new Watchers(rethrow);
  const heard: string[] = [];
  const watch = (name: string, keys: readonly string[]) =>
    watchers.watch(new Set(keys), ({ key }) => void heard.push(`${name} ${key}`), new AbortController().signal);
  watch("one", ["a", "b"]);
  watch("two", ["b", "c"]);
  watch("three", ["b"]);
  for (const key of ["a", "b", "c", "d"]) watchers.emit(event("done", key));
  assert.deepEqual(heard, ["one a", "one b", "two b", "three b", "two c"]);
});

test("Watchers: who stops hears nothing more, the others do", () => {
  const watchers = new Watchers(rethrow);
  const heard: string[] = [];
  const stops = ["one", "two", "three"].map((name) => {
    const stop = new AbortController();
    watchers.watch(new Set(["a", name]), () => void heard.push(name), stop.signal);
    return stop;
  });
  stops[1]!.abort();
  watchers.emit(event("done", "a"));
  watchers.emit(event("done", "two"));
  stops[0]!.abort();
  stops[2]!.abort();
  watchers.emit(event("done", "a"));
  assert.deepEqual(heard, ["one", "three"]);
});

test("Watchers.watch with an aborted signal watches nothing", () => {
  const watchers = new Watchers(rethrow);
  watchers.watch(new Set(["a"]), () => assert.fail("heard"), AbortSignal.abort());
  watchers.emit(event("done", "a"));
});

test("Watchers: events that a listener causes come after the one it heard, for everyone", () => {
  const watchers = new Watchers(rethrow);
  const heard: string[] = [];
  const { signal } = new AbortController();
  const causing = ({ kind, key }: SubtaskEvent) => {
    heard.push(`first ${kind}`);
    if (kind === "unowned") watchers.emit(event("loading", key));
  };
  watchers.watch(new Set(["a"]), causing, signal);
  watchers.watch(new Set(["a"]), ({ kind }) => void heard.push(`second ${kind}`), signal);
  watchers.emit(event("unowned", "a"));
  assert.deepEqual(heard, ["first unowned", "second unowned", "first loading", "second loading"]);
});

test("Watchers: a listener that stops another keeps it from hearing the same event", () => {
  const watchers = new Watchers(rethrow);
  const stop = new AbortController();
  watchers.watch(new Set(["a"]), () => stop.abort(), new AbortController().signal);
  watchers.watch(new Set(["a"]), () => assert.fail("heard after its signal was aborted"), stop.signal);
  watchers.emit(event("done", "a"));
});
