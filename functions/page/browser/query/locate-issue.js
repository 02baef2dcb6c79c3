/**
 * Finds the place of an issue in the query's text: follows its JSON pointer through the syntax tree, and its line and column through the
 * escapes of the string that holds the expression.
 *
 * @import { SyntaxNode, Tree } from "@lezer/common"
 * @import { QueryIssue } from "../../../../engine/query/query-error.ts"
 */

/** @typedef {{ readonly from: number, readonly to: number }} Range UTF-16 offsets, half-open */

const valueNames = new Set(["Object", "Array", "String", "Number", "True", "False", "Null"]);

/**
 * The range in the text that an issue's pointer names. If the text lacks that, the range of the last part that exists.
 * @param {Tree} tree of the JSON grammar
 * @param {string} text
 * @param {Pick<QueryIssue, "at" | "line" | "column">} issue
 * @returns {Range}
 */
export function locateIssue(tree, text, issue) {
  let value = firstValue(tree.topNode);
  if (!value) return { from: 0, to: text.length };
  /** @type {SyntaxNode | undefined} */
  let property;
  for (const segment of pointerSegments(issue.at)) {
    const step = follow(value, segment, text);
    if (!step) break;
    ({ value, property } = step);
  }
  if (value.name === "String" && issue.line !== undefined && issue.column !== undefined) {
    return placeInString(text, value, { line: issue.line, column: issue.column });
  }
  const name = property?.getChild("PropertyName");
  if (name && (value.name === "Object" || value.name === "Array")) return { from: name.from, to: name.to };
  if (value.name === "Object" || value.name === "Array") return { from: value.from, to: value.from + 1 };
  return { from: value.from, to: value.to };
}

/**
 * Finds the value of a property at the query's top level, such as its dataset's name.
 * @param {Tree} tree
 * @param {string} text
 * @param {string} name
 * @returns {Range | undefined}
 */
export function locateValue(tree, text, name) {
  const top = firstValue(tree.topNode);
  const value = top && follow(top, name, text)?.value;
  return value && { from: value.from, to: value.to };
}

/**
 * Splits a JSON pointer (RFC 6901) into its names.
 * @param {string} pointer
 */
const pointerSegments = (pointer) =>
  pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));

/**
 * @param {SyntaxNode} value
 * @param {string} segment
 * @param {string} text
 * @returns {{ readonly value: SyntaxNode, readonly property: SyntaxNode | undefined } | undefined}
 */
function follow(value, segment, text) {
  if (value.name === "Array") {
    const item = values(value)[Number(segment)];
    return item && { value: item, property: undefined };
  }
  if (value.name !== "Object") return undefined;
  // If a name occurs twice, the last one counts, as in JSON.parse.
  const property = value.getChildren("Property").findLast((each) => {
    const name = each.getChild("PropertyName");
    return name !== null && unescapeString(text.slice(name.from, name.to)).decoded === segment;
  });
  const inner = property && firstValue(property);
  return inner && { value: inner, property };
}

/** @param {SyntaxNode} node */
function values(node) {
  const found = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (valueNames.has(child.name)) found.push(child);
  return found;
}

/** @param {SyntaxNode} node */
const firstValue = (node) => values(node)[0];

/**
 * The range from the place to the end of the word that begins there, or one character where none does. A place past the end is the closing
 * quote.
 * @param {string} text
 * @param {SyntaxNode} node a String
 * @param {{ readonly line: number, readonly column: number }} place from 1
 * @returns {Range}
 */
function placeInString(text, node, { line, column }) {
  const { decoded, offsets } = unescapeString(text.slice(node.from, node.to));
  const lines = [0, ...[...decoded.matchAll(/\r\n?|[\n\u2028\u2029]/g)].map((end) => end.index + end[0].length)];
  const start = Math.min(decoded.length, (lines[line - 1] ?? decoded.length) + column - 1);
  const word = /^(?:[A-Za-z_$][\w$]*|\d[\w.]*|.)/su.exec(decoded.slice(start))?.[0] ?? "";
  const from = node.from + offsets[start];
  return { from, to: Math.max(from + 1, node.from + offsets[start + word.length]) };
}

/**
 * Decodes a JSON string, and gives for each of its UTF-16 units, and for its end, the offset in the literal.
 * @param {string} literal quotes included; the closing one may be missing
 */
function unescapeString(literal) {
  let decoded = "";
  const offsets = [];
  const simple = /** @type {Readonly<Record<string, string>>} */ ({ b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" });
  let at = 1;
  while (at < literal.length && literal[at] !== '"') {
    offsets.push(at);
    if (literal[at] !== "\\") decoded += literal[at++];
    else if (literal[at + 1] === "u") {
      decoded += String.fromCharCode(Number.parseInt(literal.slice(at + 2, at + 6), 16) || 0);
      at += 6;
    } else {
      decoded += simple[literal[at + 1]] ?? literal[at + 1] ?? "";
      at += 2;
    }
  }
  return { decoded, offsets: [...offsets, Math.min(at, literal.length)] };
}
