/** Paths and URLs for messages, logs and answers, without the user names, passwords and signatures that a URL may carry. */

const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i;

/** A path of this machine is unchanged. Also works for malformed URLs. */
export function showPath(path: string): string {
  const scheme = isUrl.exec(path)?.[0];
  if (scheme === undefined) return path;
  const rest = path.slice(scheme.length).replace(/[?#].*$/s, "");
  return scheme + rest.replace(/^[^/]*@/, "");
}

export const showUrl = (url: URL): string => showPath(url.href);
