/** What the parts of the coordinator's contract share. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Coordinator, JoinedNode, SubtaskRequest } from "../../../coordination/coordinator.ts";
import { claimOne, type OneClaim } from "../claim-one.ts";

export interface CoordinatorHarness {
  readonly coordinator: Coordinator;
  /** Ends the coordinator and its nodes as a crash would, and returns one that continues from what was left behind. */
  crash(): Promise<Coordinator>;
}

/** The options of the coordinator that tests may choose. */
export interface Choices {
  /** In milliseconds. */
  readonly localityDelay?: number;
}

/** `open` returns an empty coordinator and cleans up after the test. */
export type OpenCoordinator = (t: TestContext, choices: Choices) => Promise<CoordinatorHarness>;

export type Check = (
  claim: string,
  run: (coordinator: Coordinator, crash: CoordinatorHarness["crash"]) => Promise<void>,
  choices?: Choices,
) => void;

export function createCheck(name: string, open: OpenCoordinator): Check {
  return (claim, run, choices = {}) => {
    test(`${name}: ${claim}`, async (t) => {
      const { coordinator, crash } = await open(t, choices);
      await run(coordinator, crash);
    });
  };
}

export const never = new AbortController().signal;

export const joinAs = (coordinator: Coordinator, id: string): Promise<JoinedNode> =>
  coordinator.join({ id, host: "localhost", threads: 2, cacheLimit: 1e9 });

export const claimNext = (node: JoinedNode): Promise<OneClaim> => claimOne(node, { signal: never });

export function ask(subtasks: SubtaskRequest["subtasks"], rest: Partial<SubtaskRequest> = {}): SubtaskRequest {
  return { queryId: "query", client: "alice", priority: 500, subtasks, ...rest };
}

/** Claims and completes this many subtasks; returns their keys in order. */
export async function drain(node: JoinedNode, count: number): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let index = 0; index < count; index++) {
    const claim = await claimNext(node);
    keys.push(claim.subtask.key);
    assert.equal(await claim.complete(), true);
  }
  return keys;
}

export async function failed(coordinator: Coordinator, key: string) {
  const state = (await coordinator.states([key])).get(key);
  assert.equal(state?.kind, "failed");
  return state.kind === "failed" ? state.failure : assert.fail();
}
