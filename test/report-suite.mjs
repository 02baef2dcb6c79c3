/**
 * A reporter for node:test that says at the end what was skipped and why, and which files took longest. JavaScript, since Node 20
 * loads reporters without tsx.
 *
 * @param {AsyncIterable<import("node:test/reporters").TestEvent>} events
 */
export default async function* reportSuite(events) {
  const skipped = [];
  /** @type {[file: string, seconds: number][]} */
  const files = [];
  for await (const { type, data } of events) {
    if (type === "test:pass" && data.skip !== undefined) {
      const { file, name, skip } = data;
      skipped.push(`  ${file ? `${shorten(file)}: ` : ""}${name}\n    because: ${typeof skip === "string" ? skip : "no reason given"}\n`);
    }
    // A whole file is a test whose name is its path. Some run at a time.
    if (type === "test:complete" && data.name === data.file) files.push([shorten(data.name), data.details.duration_ms / 1000]);
  }
  const slowest = files.toSorted(([, a], [, b]) => b - a).slice(0, mostFiles);
  if (files.length > mostFiles)
    yield `\nSlowest of ${files.length} files:\n${slowest.map(([file, seconds]) => `${seconds.toFixed(1).padStart(8)} s  ${file}\n`).join("")}`;
  if (skipped.length > 0) yield `\nSKIPPED, NOT TESTED HERE: ${skipped.length}\n${skipped.join("")}\n`;
}

const mostFiles = 20;

/** @param {string} file */
const shorten = (file) => file.slice(file.lastIndexOf("/test/") + 1);
