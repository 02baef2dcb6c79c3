/** Glob patterns for names in listings, with the same meaning as for files of this machine. */

/** Whether a pattern can match other names than its own text. `?` alone does not count, since it may begin the query of a URL. */
export const hasWildcards = (pattern: string): boolean => /[*{[]/.test(pattern);

/**
 * The regular expression for a pattern: `*` and `?` match within a name, `**` any folders; there are `{a,b}`, `[0-9]` and `[!0-9]`. After a backslash
 * a character stands for itself. Names that start with a dot are only matched by their full name.
 */
export function matcherOf(pattern: string): RegExp {
  let source = "";
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    const begins = at === 0 || pattern[at - 1] === "/";
    const folders = begins ? /^\*\*(\/|$)/.exec(rest) : null;
    const choice = /^\[(!|\^)?([^\]/]+)\]/.exec(rest);
    if (folders) {
      source += folders[1] === "/" ? `(?:${name}/)*` : `(?:${name}/)*${name}`;
      at += folders[0].length - 1;
    } else if (choice) {
      source += `[${choice[1] ? "^/" : ""}${choice[2]!.replace(/[\\\]^[]/g, "\\$&")}]`;
      at += choice[0].length - 1;
    } else if (rest.startsWith("*")) source += `${begins ? "(?!\\.)" : ""}[^/]*`;
    else if (rest.startsWith("?")) source += begins ? "[^/.]" : "[^/]";
    else if (rest.startsWith("{") && rest.includes("}")) {
      depth++;
      source += "(?:";
    } else if (depth > 0 && rest.startsWith("}")) {
      depth--;
      source += ")";
    } else if (depth > 0 && rest.startsWith(",")) source += "|";
    else {
      if (rest.startsWith("\\") && rest.length > 1) at++;
      source += pattern[at]!.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
    }
  }
  return new RegExp(`^${source}${")".repeat(depth)}$`);
}

const name = "(?!\\.)[^/]+";
