import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DiskTier } from "../../../datasets/cache/disk/disk-tier.ts";
import { ParquetWriter } from "../../../datasets/parquet/encode-file.ts";
import { silent } from "../silent-log.ts";
import { axis, never, type Setup, setUp } from "./executor-for-test.ts";

const partitions = 12;
const eventsOfEach = 20_000;
/** Four columns of a partition, and a work area. */
const memory = 4 * 8 * eventsOfEach + 1.3 * 2 ** 20;

describe("columns on the disk", () => {
  let directory: string;
  let open: Setup[] = [];
  const found = { memory: 0, disk: 0, files: 0 };
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "femtoq-disk-"));
    const offsets = Uint32Array.from({ length: eventsOfEach + 1 }, (_, event) => Math.floor(event / 10));
    const elements = (factor: number) => Float32Array.from({ length: offsets.at(-1)! }, (_, index) => (index * factor) % 100);
    const group = (number: number) => [
      { name: "Hit_a", offsets, values: elements(number + 3) },
      { name: "Hit_b", offsets, values: elements(number + 7) },
      { name: "x", values: Float64Array.from({ length: eventsOfEach }, (_, event) => ((event + number) * 7) % 100) },
    ];
    const writer = new ParquetWriter(group(0), "a test");
    const groups = Array.from({ length: partitions }, (_, number) => writer.addGroup(group(number), eventsOfEach)).flat();
    await writeFile(join(directory, "x.parquet"), Buffer.concat([writer.begin(), ...groups, writer.end()]));
  });
  after(async () => {
    for (const { workers } of open) await workers.close();
    open = [];
    await rm(directory, { recursive: true });
  });

  test("a scan over three times the memory finds most of its columns the second time, in another process, too, which holds them", async () => {
    const one = await start("tier");
    const first = await scan(one.setup);
    assert.deepEqual(take(), { memory: 0, disk: 0, files: partitions });
    assert.deepEqual(await scan(one.setup), first);
    const again = take();
    assert.equal(again.files, 0);
    assert(again.disk > 0.6 * partitions, JSON.stringify(again));
    const other = await start("tier");
    assert.equal(other.disk.bytes, one.disk.bytes);
    const { programKey, fingerprint } = await other.setup.task(query, 3);
    assert(other.setup.executor.holds({ programKey, fingerprint, columns: ["x"] }));
    assert(!other.setup.executor.holds({ programKey, fingerprint, columns: ["x", "y"] }));
    assert.deepEqual(await scan(other.setup), first);
    assert.deepEqual(take(), { memory: 0, disk: partitions, files: 0 });
    assert.equal((await stat(join(directory, "tier"))).mode & 0o077, 0);
  });

  test("columns of one list, of which one alone was read with its lengths, are found each with theirs", async () => {
    const [a, b] = ["Hit.a", "Hit.b"].map((value) => ({ filter: "Hit.length > 0", histograms: { value: { axes: [axis(value)] } } })) as [
      object,
      object,
    ];
    const together = { histograms: { value: { axes: [axis("Hit.a"), axis("Hit.b")] } } };
    const expected = await scan((await start("lists")).setup, together);
    take();
    const other = await start("lists");
    const ofB = await scan(other.setup, b);
    assert.deepEqual(take(), { memory: 0, disk: partitions, files: 0 });
    assert.deepEqual(await scan(other.setup, together), expected);
    assert.equal(take().files, 0);
    const afresh = await start("afresh");
    assert.deepEqual([await scan(afresh.setup, a), await scan(afresh.setup, b)], [await scan(other.setup, a), ofB]);
    take();
  });

  test("copies that were damaged or deleted are read from their file again, and made anew", async () => {
    const { setup } = await start("tier");
    const expected = await scan(setup);
    const names = await readdir(join(directory, "tier"));
    for (const name of names.slice(0, 4)) {
      const content = await readFile(join(directory, "tier", name));
      content[1000]! ^= 4;
      await writeFile(join(directory, "tier", name), content);
    }
    const second = await start("tier");
    await rm(join(directory, "tier", names[5]!));
    take();
    assert.deepEqual(await scan(second.setup), expected);
    assert.equal(take().files, 5);
    await rm(join(directory, "tier"), { recursive: true });
    const third = await scan(setup);
    assert.deepEqual(third, expected);
    assert(take().files > 0);
    assert((await readdir(join(directory, "tier"))).length > 0);
  });

  test("a disk that refuses costs nothing but time", async () => {
    await writeFile(join(directory, "no-directory"), "");
    const { setup, disk } = await start("no-directory");
    take();
    await scan(setup);
    assert.deepEqual(take(), { memory: 0, disk: 0, files: partitions });
    assert.equal(disk.bytes, 0);
  });

  test("what others have in the directory is left as it is, whatever it is called", async () => {
    const shared = join(directory, "shared");
    await mkdir(shared, { mode: 0o755 });
    const theirs = join(shared, "theirs.unfinished");
    await writeFile(theirs, "");
    await utimes(theirs, 0, 0);
    const { setup } = await start("shared");
    await scan(setup);
    assert((await readdir(shared)).includes("theirs.unfinished"));
    assert.equal((await stat(shared)).mode & 0o777, 0o755);
  });

  const query = { histograms: { x: { axes: [axis("x")] } } };

  async function start(name: string): Promise<{ readonly setup: Setup; readonly disk: DiskTier }> {
    const disk = new DiskTier({ directory: join(directory, name), limit: 2 ** 30, log: silent });
    await disk.opened;
    const meter = {
      count: (metric: string, label: unknown, by = 1) => {
        if (metric === "femtoq_columns_total") found[label as keyof typeof found] += by;
      },
    };
    const setup = setUp(directory, { threads: 1, memory, pattern: join(directory, "x.parquet"), disk, meter: meter as never });
    open.push(setup);
    return { setup, disk };
  }

  async function scan(setup: Setup, asked: object = query) {
    const { programKey } = await setup.task(asked, 0);
    const dataset = await setup.catalogue.get("demo");
    const named = dataset!.partitions.map(({ index, fingerprint }) => ({ partition: index, fingerprint }));
    const outcomes = await setup.executor.run({ programs: [programKey], dataset: "demo", partitions: named }, { signalOf: () => never });
    return outcomes.map((outcome) => (outcome.kind === "partial" ? outcome.partial : assert.fail(outcome.cause)));
  }

  /** Where columns were found since it was asked last. */
  function take() {
    const taken = { ...found };
    Object.assign(found, { memory: 0, disk: 0, files: 0 });
    return taken;
  }
});
