import assert from "node:assert/strict";
import { test } from "node:test";
import { listedMasters } from "../../../../runtime/mesos/leader/listed-masters.ts";
import { parseMasterAddress } from "../../../../runtime/mesos/leader/master-address.ts";
import { findLeader } from "../../../../runtime/mesos/leader/registered-masters.ts";

const urls = (text: string) => {
  const parsed = parseMasterAddress(text);
  return parsed.kind === "masters" ? parsed.urls.map(({ href }) => href) : assert.fail();
};

test("parseMasterAddress takes one master or several, with the usual port, and paths", () => {
  assert.deepEqual(urls("m1"), ["http://m1:5050/"]);
  assert.deepEqual(urls("m1:5051, 10.0.0.1,[::1]:5050"), ["http://m1:5051/", "http://10.0.0.1:5050/", "http://[::1]:5050/"]);
  assert.deepEqual(urls("https://gate/mesos,http://m2:5050"), ["https://gate/mesos", "http://m2:5050/"]);
});

test("parseMasterAddress takes ZooKeeper with a path, and with a name and a password", () => {
  assert.deepEqual(parseMasterAddress("zk://h1:2181,h2:2181/mesos/"), { kind: "zookeeper", hosts: "h1:2181,h2:2181", path: "/mesos" });
  assert.deepEqual(parseMasterAddress("zk://u:p@ss:w@h1/a/b"), { kind: "zookeeper", hosts: "h1", path: "/a/b", auth: "u:p@ss:w" });
});

test("parseMasterAddress says what is wrong, without the password", () => {
  for (const [text, pattern] of [
    ["", /a host is empty/],
    ["zk://h1:2181", /path of the masters' znodes is required, usually \/mesos/],
    ["zk://u:s3cret@h1:2181", /path .* is required/],
    ["zk://u@h1/mesos", /USER:PASSWORD is required before @/],
    ["ftp://h", /ftp is no way to reach a master/],
    ["http://u:s3cret@h:5050", /no place for a name and a secret/],
    ["master@10.0.0.1:5050", /is written HOST:PORT/],
    ["h:port", /"h:port" is not HOST:PORT/],
    ["http://h:5050?x=1", /it ends with a path/],
  ] as const)
    assert.throws(
      () => parseMasterAddress(text),
      (error: Error) => pattern.test(error.message) && /it looks like http/.test(error.message) && !error.message.includes("s3cret"),
      text,
    );
});

test("findLeader takes the smallest number, whatever the order and the label, and nothing that is no master", () => {
  assert.equal(
    findLeader(["json.info_0000000012", "log_replicas", "json.info_0000000007", "json.info_0000000100"]),
    "json.info_0000000007",
  );
  assert.equal(findLeader(["json.info_0000000012", "info_0000000003"]), "info_0000000003");
  assert.equal(findLeader(["log_replicas", "json.info_12", "x_0000000001"]), undefined);
  assert.equal(findLeader([]), undefined);
});

test("a master is named also by another name of its address, but not at another port or by another protocol", async () => {
  const masters = listedMasters([new URL("http://localhost:5050")]);
  const named = (url: string) => masters.isNamed(new URL(url));
  assert.equal(await named("http://localhost:5050/x"), true);
  assert.equal(await named("http://127.0.0.1:5050"), true);
  assert.equal(await named("http://127.0.0.1:5051"), false);
  assert.equal(await named("https://localhost:5050"), false);
  assert.equal(await named("http://nosuchhost.invalid:5050"), false);
});
