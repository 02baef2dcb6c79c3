/** Glob patterns for names that come from listings: the same as for files of this machine. */

/** Whether a pattern means more than the one name it spells; `?` does not where it begins the query of a URL. */
export const hasWildcards = (pattern: string): boolean => /[*{[]/.test(pattern);

/**
 * What a pattern matches: `*` and `?` within a name, `**` any folders, `{a,b}`, `[0-9]`, `[!0-9]`; a backslash takes the meaning of what follows.
 * Names that start with a dot are matched by their full name only.
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
