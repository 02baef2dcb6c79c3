/** Paths and URLs as messages, logs and answers may show them: without names, passwords and signatures that a URL may carry. */

const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Unchanged for a path of this machine. Works on what is no sound URL, too. */
export function showPath(path: string): string {
  const scheme = isUrl.exec(path)?.[0];
  if (scheme === undefined) return path;
  const rest = path.slice(scheme.length).replace(/[?#].*$/s, "");
  return scheme + rest.replace(/^[^/]*@/, "");
}

export const showUrl = (url: URL): string => showPath(url.href);
