/**
 * Tests what a machine finds after it lost power. Killing a process cannot show that, since the page cache survives its death. So each write to the database
 * file and each sync is recorded, and files are made as a disk may have them that lost unsynced writes, all or some.
 *
 * It assumes that the disk keeps what a sync confirmed. It does not test that the name of a newly created file is kept.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runScript } from "../../contracts/run-script.ts";
import { requireServer } from "../../servers/require-server.ts";
import { seeded } from "../../support/seeded.ts";
import { checkTogether } from "../check-together.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";
import { type Cut, makeFile, readCuts } from "./recorded-writes.ts";

const suite = "a machine that loses its power finds what was acknowledged";
const compiler = findCompiler();
const script = new URL("../write-together-until-killed.ts", import.meta.url);
const enough = 150;

if (requireServer(suite, compiler)) {
  test("what was queued waits or has its partial, and what was completed has it, after a cut before each sync, whatever the disk kept of what was not synced", async (t) => {
    const directory = await makeTemporaryDirectory(t);
    const cuts = await recordCuts(directory);
    const random = seeded(18).fraction;
    const outcomes: readonly (readonly [string, () => boolean])[] = [
      ["nothing", () => false],
      ["everything", () => true],
      ["half", () => random() < 0.5],
      ["most", () => random() < 0.9],
    ];
    for (const [index, cut] of cuts.entries()) {
      for (const [name, keeps] of outcomes) {
        const when = `cut before sync ${index} of ${cuts.length}, of what was not synced ${name} was kept`;
        await checkCut(join(directory, `${index} ${name}`), cut, { keeps, when });
      }
    }
    t.diagnostic(
      `${cuts.length} cuts, each with ${outcomes.length} outcomes; ${linesOf(cuts.at(-1)!).length} times something was acknowledged`,
    );
  });

  test("a sync that did not come is found: without the last one that counts something acknowledged is missing", async (t) => {
    const directory = await makeTemporaryDirectory(t);
    const cuts = await recordCuts(directory);
    const last = cuts.at(-1)!;
    const before = cuts.findLast(({ said }) => linesOf({ said }).length < linesOf(last).length - 16)!;
    const cut = { ...before, said: last.said };
    await assert.rejects(checkCut(join(directory, "cut"), cut, { keeps: () => false, when: "without it" }), { code: "ERR_ASSERTION" });
  });
}

/** Records the cuts from the first acknowledgement on. */
async function recordCuts(directory: string): Promise<readonly Cut[]> {
  const library = join(directory, "record-writes.so");
  const source = fileURLToPath(new URL("record-writes.c", import.meta.url));
  const { status, stderr } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"]);
  assert.equal(status, 0, `${stderr}`);
  const record = join(directory, "record");
  const environment = { LD_PRELOAD: library, FEMTOQ_RECORD: record };
  const child = runScript(script, { parameters: [join(directory, "written"), "0"], environment });
  await child.reached(enough);
  child.process.kill("SIGKILL");
  const { errors } = await child.ended;
  assert.equal(errors, "");
  const cuts = (await readCuts(record)).filter((cut) => linesOf(cut).length > 0);
  assert(linesOf(cuts.at(-1)!).length >= enough, "not everything was recorded");
  return cuts;
}

async function checkCut(directory: string, cut: Cut, { keeps, when }: { readonly keeps: () => boolean; readonly when: string }) {
  await mkdir(directory);
  await writeFile(join(directory, "data.mdb"), makeFile(cut, keeps));
  await checkTogether(directory, linesOf(cut), when);
}

/** Its last line may not have been written to its end. */
const linesOf = ({ said }: Pick<Cut, "said">): readonly string[] => said.split("\n").slice(0, -1);

function findCompiler(): { readonly compiler: string } | { readonly missing: string } {
  if (process.platform !== "linux") return { missing: "no Linux, whose linker takes libraries to be loaded before others" };
  return spawnSync("cc", ["--version"]).status === 0 ? { compiler: "cc" } : { missing: "no C compiler (cc)" };
}
