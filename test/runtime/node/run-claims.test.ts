import assert from "node:assert/strict";
import { test } from "node:test";
import type { Claim } from "../../../coordination/coordinator.ts";
import type { ComputeRequest, Outcome, Payer } from "../../../functions/compute/executor.ts";
import { groupClaims, runClaims } from "../../../runtime/node/run-claims.ts";

const claim = (programKey: string, partition: number, dataset = "d") => ({
  subtask: { key: `${programKey}:f${partition}`, programKey, fingerprint: `f${partition}`, dataset, partition },
});
const names = (...partitions: readonly number[]) => partitions.map((partition) => ({ partition, fingerprint: `f${partition}` }));

test("groupClaims puts partitions of the same programs, and programs over the same partitions, into one request", () => {
  assert.deepEqual(groupClaims([claim("p", 1), claim("p", 2), claim("p", 3)]), [
    { programs: ["p"], dataset: "d", partitions: names(1, 2, 3) },
  ]);
  assert.deepEqual(groupClaims([claim("q", 1), claim("p", 1), claim("p", 2), claim("q", 2)]), [
    { programs: ["p", "q"], dataset: "d", partitions: names(1, 2) },
  ]);
});

test("groupClaims asks for nothing that was not claimed", () => {
  assert.deepEqual(groupClaims([claim("p", 1), claim("q", 1), claim("p", 2), claim("p", 1, "e")]), [
    { programs: ["p", "q"], dataset: "d", partitions: names(1) },
    { programs: ["p"], dataset: "d", partitions: names(2) },
    { programs: ["p"], dataset: "e", partitions: names(1) },
  ]);
  assert.deepEqual(groupClaims([]), []);
});

test("runClaims gives back at once what nobody wants any more, goes on for the others, and charges the client whose turn it was", async () => {
  const stopped = new AbortController();
  const never = new AbortController().signal;
  const claims = [
    { ...claim("p", 1), client: "alice", priority: 500, signal: never },
    { ...claim("q", 1), client: "bob", priority: 1, signal: stopped.signal },
  ] satisfies readonly Claim[];
  let finish = (_outcomes: readonly Outcome[]) => {};
  const payers: (Payer | undefined)[] = [];
  const executor = {
    run({ programs }: ComputeRequest, { payerOf }: { payerOf?: (programKey: string, fingerprint: string) => Payer }) {
      payers.push(...programs.map((programKey) => payerOf?.(programKey, "f1")));
      return new Promise<readonly Outcome[]>((resolve) => {
        finish = resolve;
      });
    },
  };
  const steps = runClaims(claims, { executor, signal: never, onBegin: () => {}, onTooLong: () => {} });
  const first = steps.next();
  stopped.abort();
  assert.deepEqual([...(await first).value!.keys()], ["q:f1"]);
  const second = steps.next();
  const partial: Outcome = { kind: "partial", partial: new Uint8Array(1) };
  finish([partial, { kind: "undone", cause: "aborted" }]);
  assert.deepEqual([...(await second).value!], [["p:f1", partial]]);
  assert.equal((await steps.next()).done, true);
  assert.deepEqual(
    payers.map((payer) => payer?.client),
    ["alice", "alice"],
  );
});
