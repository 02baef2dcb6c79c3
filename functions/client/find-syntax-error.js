/**
 * Finds where a text stops being JSON.
 *
 * @import { Tree } from "@lezer/common"
 */

/**
 * Gives undefined for text that is JSON. The range has at least one character unless the text is empty.
 * @param {Tree} tree of the JSON grammar
 * @param {string} text
 * @returns {{ readonly from: number, readonly to: number, readonly line: number, readonly column: number, readonly message: string } | undefined}
 */
export function findSyntaxError(tree, text) {
  const message = parseMessage(text);
  if (message === undefined) return undefined;
  let first = text.trimEnd().length;
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) first = Math.min(first, from);
    },
  });
  const from = Math.max(0, Math.min(first, text.length - 1));
  const word = /^[\w.+-]+/.exec(text.slice(from))?.[0].length ?? 1;
  const before = text.slice(0, from).split("\n");
  return { from, to: Math.min(text.length, from + word), line: before.length, column: before[before.length - 1].length + 1, message };
}

/** @param {string} text */
function parseMessage(text) {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
