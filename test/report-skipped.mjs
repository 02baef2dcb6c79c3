/**
 * A reporter for node:test that says at the end what was skipped and why; nothing where nothing was. JavaScript, since Node 20
 * loads reporters without tsx.
 *
 * @param {AsyncIterable<import("node:test/reporters").TestEvent>} events
 */
export default async function* reportSkipped(events) {
  const skipped = [];
  for await (const event of events) {
    if (event.type !== "test:pass" || event.data.skip === undefined) continue;
    const { file, name, skip } = event.data;
    const where = file ? `${file.slice(file.lastIndexOf("/test/") + 1)}: ` : "";
    skipped.push(`  ${where}${name}\n    because: ${typeof skip === "string" ? skip : "no reason given"}\n`);
  }
  if (skipped.length > 0) yield `\nSKIPPED, NOT TESTED HERE: ${skipped.length}\n${skipped.join("")}\n`;
}
