import assert from "node:assert/strict";
import { test } from "node:test";
import { scenarios } from "../../../loadtest/queries/kinds.ts";
import { readArguments } from "../../../loadtest/runner/arguments.ts";
import { LoadError } from "../../../loadtest/runner/load-error.ts";

test("readArguments gives every scenario a target, a rate and a duration of its own", () => {
  for (const scenario of scenarios) {
    const task = readArguments([scenario]);
    assert.ok(task.kind === "load");
    assert.deepEqual([task.scenario, task.mode, task.target.kind, task.duration], [scenario, "once", "embedded", 30_000]);
    assert.ok(task.rate > 0);
  }
});

test("readArguments reads targets, modes and files", () => {
  const cluster = readArguments(["mixed", "--cluster", "3", "--dispatchers", "2", "--soak", "--json", "out.json"]);
  assert.ok(cluster.kind === "load");
  assert.deepEqual(cluster.target, { kind: "cluster", nodes: 3, dispatchers: 2 });
  assert.deepEqual([cluster.mode, cluster.duration], ["soak", 600_000]);
  assert.match(cluster.json ?? "", /^\/.*out\.json$|^[A-Z]:\\.*out\.json$/);
  const url = readArguments(["repeat", "--url", "http://host:8000/", "--rate", "0.5", "--duration", "2min"]);
  assert.ok(url.kind === "load");
  assert.deepEqual([url.target, url.rate, url.duration], [{ kind: "url", url: "http://host:8000" }, 0.5, 120_000]);
  const overload = readArguments(["mixed", "--overload", "--rate", "80"]);
  assert.ok(overload.kind === "load");
  assert.deepEqual([overload.mode, overload.rate, overload.duration], ["overload", 80, 20_000]);
  const smoke = readArguments(["--smoke"]);
  assert.ok(smoke.kind === "load" && smoke.scenario === "mixed");
});

test("readArguments without a scenario, or with --help, gives the help", () => {
  for (const args of [[], ["--help"]]) {
    const task = readArguments(args);
    assert.ok(task.kind === "help");
    for (const name of scenarios) assert.ok(task.text.includes(`  ${name}`), name);
  }
});

const bad: readonly (readonly [readonly string[], RegExp])[] = [
  [["first"], /scenario: one of first-look, .* is required, current value is "first"/],
  [["mixed", "--rate", "fast"], /--rate: a number from .* current value is "fast"/],
  [["mixed", "--rate", "0"], /--rate/],
  [["mixed", "--cluster", "1.5"], /--cluster: a whole number/],
  [["mixed", "--duration", "30"], /--duration: a time/],
  [["mixed", "--duration", "10ms"], /--duration: a time of 1s or more/],
  [["mixed", "--url", "host:8000"], /--url: an http address/],
  [["mixed", "--url", "http://host", "--cluster", "2"], /cannot be used with/],
  [["mixed", "--soak", "--find-limit"], /cannot be used with/],
  [["mixed", "--overload", "--soak"], /cannot be used with/],
  [["mixed", "--fidn-limit"], /unknown option.*\n.*--find-limit/],
  [["prepare"], /a directory is required/],
  [["watchers", "--watchers", "many"], /--watchers: a whole number/],
];

for (const [args, says] of bad) {
  test(`readArguments refuses ${args.join(" ")} and says what is required`, () => {
    assert.throws(
      () => readArguments(args),
      (error) => error instanceof LoadError && error.exitCode === 2 && says.test(error.message),
    );
  });
}
