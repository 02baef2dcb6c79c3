import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createLog, escapeTwice, hideSecrets } from "../../../runtime/observe/log.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";

describe("hideSecrets", () => {
  test("hides passwords inside of URLs and leaves URLs without one alone", () => {
    const hide = hideSecrets({});
    assert.equal(hide("mongodb://ana:s3cr3t@db:27017/x failed"), "mongodb://ana:***@db:27017/x failed");
    assert.equal(hide("mongodb+srv://ana:a%40b@db and http://u:p@h"), "mongodb+srv://ana:***@db and http://u:***@h");
    for (const plain of ["http://127.0.0.1:8000/a@b", '{"url":"http://h:80","by":"ana@lab"}', "mongodb://db:27017,db2:27017/x"])
      assert.equal(hide(plain), plain);
  });

  test("hides what the configuration keeps secret wherever it turns up, written or meant", () => {
    const hide = hideSecrets({
      zookeeperAuth: "femtoq:tell-nobody",
      mongodb: "mongodb://ana:p%40ss%3Aword@db/x",
      computeSecret: "show-me-please-do",
    });
    assert.equal(hide("auth femtoq:tell-nobody refused"), "auth femtoq:*** refused");
    assert.equal(hide("p%40ss%3Aword and p@ss:word"), "*** and ***");
    assert.equal(hide("Bearer show-me-please-do"), "Bearer ***");
  });
});

describe("createLog", () => {
  test("writes each line as JSON to its file before it returns, without secrets", async (t) => {
    const logFile = join(await makeTemporaryDirectory(t), "deep", "femtoq.log");
    const log = createLog({ logLevel: "info", logFile, zookeeperAuth: "femtoq:tell-nobody" });
    const error = new Error("no answer from mongodb://ana:s3cr3t@db:27017");
    log.error({ err: error, auth: "femtoq:tell-nobody", authorization: "Bearer x" }, "cannot connect");
    log.debug({}, "not this");
    const text = await readFile(logFile, "utf8");
    const [line] = text.trimEnd().split("\n");
    assert.equal(text.trimEnd().split("\n").length, 1);
    const entry = JSON.parse(line) as { readonly msg: string; readonly err: { readonly message: string } };
    assert.equal(entry.msg, "cannot connect");
    assert.equal(entry.err.message, "no answer from mongodb://ana:***@db:27017");
    assert.doesNotMatch(text, /s3cr3t|tell-nobody|Bearer/);
  });

  test("has no control characters, and a line for people has them escaped; the ends of a stack's lines stay", async (t) => {
    const logFile = join(await makeTemporaryDirectory(t), "femtoq.log");
    const hostile = "\u001b[2J\u0007\u009b31m\u202e\r\b \\\\u0041";
    createLog({ logLevel: "info", logFile }).info({ path: hostile }, "request received");
    const line = await readFile(logFile, "utf8");
    assert.doesNotMatch(line.trimEnd(), /[\p{Cc}\u202e]/u);
    assert.equal((JSON.parse(line) as { readonly path: string }).path, hostile);
    const shown = JSON.parse(
      escapeTwice(JSON.stringify({ hostile, stack: "a\n  at b" }).replace("\u009b", "\\u009b").replace("\u202e", "\\u202e")),
    );
    assert.equal(shown.hostile, "\\u001b[2J\\u0007\\u009b31m\\u202e\\r\\b \\\\u0041");
    assert.equal(shown.stack, "a\n  at b");
  });
});
