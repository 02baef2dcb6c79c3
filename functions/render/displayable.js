/**
 * Escapes texts of users, such as names of queries, that are shown to others in a terminal, a log or a picture. Escaped, as `\u001b`, are control characters
 * (which move the cursor, begin lines, or are no XML), marks that change the direction of writing, and code points that are no characters. So is
 * `__proto__`: drawing libraries use texts as keys of plain objects, and this key would change all objects of the process.
 */

const dangerous = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff]/gu;

/** @param {string} text */
export function escapeText(text) {
  return text
    .replaceAll("__proto__", "\\u005f_proto__")
    .replace(dangerous, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * The same value with all its texts escaped, keys of objects included.
 * @template T
 * @param {T} value as JSON has it
 * @returns {T}
 */
export function displayable(value) {
  if (typeof value === "string") return /** @type {T} */ (escapeText(value));
  if (Array.isArray(value)) return /** @type {T} */ (value.map(displayable));
  if (typeof value !== "object" || value === null) return value;
  return /** @type {T} */ (Object.fromEntries(Object.entries(value).map(([key, each]) => [escapeText(key), displayable(each)])));
}
