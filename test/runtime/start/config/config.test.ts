import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError, readConfig } from "../../../../runtime/start/config/config.ts";
import { formatSize, parseDuration, parseSize } from "../../../../runtime/start/config/units.ts";

/** The lines of the error that these options and variables give. */
function refusal(args: readonly string[], environment: Record<string, string> = {}): string {
  try {
    readConfig(args, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  assert.fail(`${args.join(" ")} was taken`);
}

describe("readConfig", () => {
  test("takes options, else variables, else defaults", () => {
    const config = readConfig(["--port", "9000", "--data", "a=x.parquet", "--data", "b=y/*.parquet"], {
      FEMTOQ_PORT: "9001",
      FEMTOQ_THREADS: "3",
      FEMTOQ_MEMORY: "",
    });
    assert.equal(config.port, 9000);
    assert.equal(config.threads, 3);
    assert.equal(config.host, "127.0.0.1");
    assert.deepEqual(config.data, [
      { name: "a", pattern: "x.parquet" },
      { name: "b", pattern: "y/*.parquet" },
    ]);
  });

  test("takes several datasets from one variable, separated by semicolons", () => {
    const { data } = readConfig([], { FEMTOQ_DATA: "a=x.parquet; b=y.parquet;" });
    assert.deepEqual(
      data.map(({ name }) => name),
      ["a", "b"],
    );
  });

  test("names option, value and what would be right for each bad value, all at once", () => {
    const lines = refusal(["--port", "99999", "--threads", "0", "--memory", "lots", "--log-level", "loud"]).split("\n");
    assert.equal(lines.length, 4);
    assert.match(lines[0]!, /--port: a whole number from 0 to 65535 is required, current value is "99999"/);
    assert.match(lines[1]!, /--threads: a whole number from 1 to 1024 is required, current value is "0"/);
    assert.match(lines[2]!, /--memory: a size is required, such as 2GiB, 500MB or a number of bytes, current value is "lots"/);
    assert.match(lines[3]!, /--log-level: one of trace, .*silent is required, current value is "loud"/);
  });

  test("names the variable that a bad value came from", () => {
    assert.match(refusal([], { FEMTOQ_PORT: "http" }), /FEMTOQ_PORT \(the variable of --port\).*current value is "http"/);
  });

  test("refuses sizes that are too small or more than the machine has", () => {
    assert.match(refusal(["--memory", "1MiB"]), /at least 64MiB is required/);
    assert.match(refusal(["--memory", "1000TiB"]), /this machine has /);
    assert.match(refusal(["--store-limit", "1kB"]), /at least 16MiB is required/);
  });

  test("refuses datasets without a name, with a bad one, or with one given twice", () => {
    assert.match(refusal(["--data", "x.parquet"]), /--data: NAME=PATH_OR_GLOB_OR_URL\[:TREE\] is required.*"x.parquet"/);
    assert.match(refusal(["--data", "__proto__=x.parquet"]), /--data: the name must be/);
    assert.match(refusal(["--data", "a=x.parquet", "--data", "a=y.parquet"]), /dataset a is given twice/);
  });

  test("takes a role of a cluster with its servers, and says what is missing and why", () => {
    const servers = ["--zookeeper", "zk1,zk2:2182/physics", "--mongodb", "mongodb://db/x"];
    const config = readConfig(["--role", "compute", ...servers, "--locality-delay", "50ms"], { FEMTOQ_ZOOKEEPER_AUTH: "physics:secret" });
    assert.equal(config.role, "compute");
    assert.equal(config.zookeeper, "zk1,zk2:2182/physics");
    assert.equal(config.zookeeperAuth, "physics:secret");
    assert.equal(config.localityDelay, 50);
    assert.equal(readConfig([], {}).localityDelay, 150);
    assert.equal(readConfig([], {}).interest, 24 * 3_600_000);
    assert.equal(readConfig(["--interest", "90min"], {}).interest, 90 * 60_000);
    assert.equal(readConfig([], {}).sessionTimeout, 10_000);
    assert.match(
      refusal(["--role", "dispatch"]),
      /--role dispatch: .*a queue in ZooKeeper and a store in MongoDB; give --zookeeper and --mongodb too/,
    );
    assert.match(refusal(["--role", "compute", "--zookeeper", "zk"]), /--role compute: .*give --mongodb too/);
    assert.match(refusal(["--zookeeper", "zk"]), /--zookeeper alone: .*must share the store.*--mongodb/);
    assert.match(refusal(["--zookeeper-auth", "a:b"]), /--zookeeper-auth alone: .*--zookeeper/);
    assert.match(refusal(["--role", "worker"]), /--role: one of all, dispatch, compute, mesos is required, current value is "worker"/);
  });

  test("takes a URL of the compute function, and refuses it where nothing is computed, without showing it", () => {
    assert.equal(readConfig(["--compute-url", "https://f.example/x"], {}).computeUrl, "https://f.example/x");
    const servers = ["--zookeeper", "zk", "--mongodb", "mongodb://db/x"];
    assert.match(refusal(["--role", "dispatch", ...servers, "--compute-url", "http://f"]), /--compute-url with --role dispatch/);
    const bad = refusal(["--compute-url", "ftp://user:sekrit@f"]);
    assert.match(bad, /--compute-url: a URL is required, such as http:/);
    assert.doesNotMatch(bad, /sekrit/);
  });

  test("refuses addresses of ZooKeeper that cannot be, and shows no password", () => {
    assert.match(refusal(["--zookeeper", "zk:port"]), /--zookeeper: .*"zk:port" is not HOST or HOST:PORT/);
    assert.match(refusal(["--zookeeper", "zk/a//b"]), /--zookeeper: .*empty or relative part/);
    const bad = refusal([], { FEMTOQ_ZOOKEEPER_AUTH: ":sekrit" });
    assert.match(bad, /FEMTOQ_ZOOKEEPER_AUTH \(the variable of --zookeeper-auth\): a name and a password are required/);
    assert.doesNotMatch(bad, /sekrit/);
    assert.match(refusal(["--session-timeout", "1ms"]), /--session-timeout: a time from 1s to 300s is required, current value is "1ms"/);
  });

  test("takes how long things are kept, and refuses what is no time", () => {
    const day = 86_400_000;
    assert.equal(readConfig([], {}).keep, 14 * day);
    assert.equal(readConfig(["--keep", "36h"], {}).keep, 1.5 * day);
    assert.equal(readConfig([], { FEMTOQ_KEEP: "forever" }).keep, undefined);
    assert.match(refusal(["--keep", "long"]), /--keep: a time is required, such as 14d.*current value is "long"/);
    assert.match(refusal(["--keep", "1s"]), /--keep: at least 10min is required, current value is "1s"/);
  });

  test("takes a connection string, and never shows a bad one", () => {
    assert.equal(readConfig([], {}).mongodb, undefined);
    assert.equal(readConfig(["--mongodb", "mongodb://a,b/x"], {}).mongodb, "mongodb://a,b/x");
    const bad = refusal([], { FEMTOQ_MONGODB: "http://user:secret@host" });
    assert.match(bad, /FEMTOQ_MONGODB \(the variable of --mongodb\): a connection string is required, such as mongodb:/);
    assert.doesNotMatch(bad, /secret/);
  });

  test("refuses options and variables that do not exist", () => {
    assert.match(refusal(["--prot", "80"]), /unknown option '--prot'[\s\S]*--port/);
    // This is what npm leaves of `npm start --port 9000`.
    assert.match(refusal(["9000"]), /^Cannot use "9000": .*npm start -- --port 9000$/);
    assert.match(refusal([], { FEMTOQ_PROT: "80" }), /FEMTOQ_PROT: there is no such variable/);
  });
});

test("parseSize reads decimal and binary units and nothing else", () => {
  assert.equal(parseSize("1000"), 1000);
  assert.equal(parseSize("2GiB"), 2 ** 31);
  assert.equal(parseSize("1.5 mb"), 1_500_000);
  for (const bad of ["", "GiB", "-1", "1e3", "5 parsecs", "constructor", "1constructor", "99999999TiB"])
    assert.equal(parseSize(bad), undefined);
});

test("parseDuration reads times with their unit and nothing else", () => {
  assert.equal(parseDuration("14d"), 14 * 86_400_000);
  assert.equal(parseDuration("1.5 h"), 5_400_000);
  assert.equal(parseDuration("2W"), 14 * 86_400_000);
  for (const bad of ["", "14", "d", "-1d", "1m", "5 parsecs", "1constructor", "99999999999999w"])
    assert.equal(parseDuration(bad), undefined);
});

test("formatSize gives what parseSize reads, to a tenth of the unit", () => {
  for (const bytes of [1024, 64 * 2 ** 20, 3 * 2 ** 30]) assert.equal(parseSize(formatSize(bytes)), bytes);
});
