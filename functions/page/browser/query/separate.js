const isOfWord = (/** @type {string | undefined} */ character) => character !== undefined && /[\w$]/.test(character);

/**
 * The change that puts words in the place of a range of a text so that they stay words: behind the word that the cursor is in, and with a space between.
 *
 * @param {string} text
 * @param {{ readonly from: number, readonly to: number }} range
 * @param {string} words
 */
export function separate(text, { from, to }, words) {
  if (from === to && isOfWord(text[from - 1])) while (isOfWord(text[to])) from = ++to;
  const before = isOfWord(text[from - 1]) && isOfWord(words[0]) ? " " : "";
  const after = isOfWord(text[to]) && isOfWord(words.at(-1)) ? " " : "";
  return { from, to, insert: before + words + after };
}
