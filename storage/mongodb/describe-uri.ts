/** The hosts of a connection string, for messages. The rest of it may hold secrets. */
export function describeHosts(uri: string): string {
  const afterScheme = uri.slice(uri.indexOf("://") + 3);
  const authority = afterScheme.split(/[/?]/)[0] ?? "";
  // A password with an unescaped slash makes it unclear where the hosts begin, so nothing is shown.
  return afterScheme.includes("@") && !authority.includes("@") ? "(hosts not shown)" : authority.slice(authority.lastIndexOf("@") + 1);
}

/** The database that the string names, as in `mongodb://host/NAME`. */
export function databaseOf(uri: string): string | undefined {
  const name = /^[a-z+]+:\/\/[^/?]*\/([^/?]+)/.exec(uri)?.[1];
  return name === undefined ? undefined : unescapePart(name);
}

/** Replaces the user name and the password of `uri` in a text by stars. */
export function hideSecrets(text: string, uri: string): string {
  const secrets = uri.slice(uri.indexOf("://") + 3, Math.max(0, uri.lastIndexOf("@"))).split(/[:@/]/);
  const parts = secrets.flatMap((part) => [part, unescapePart(part)]).filter((part) => part.length > 1);
  return parts.toSorted((a, b) => b.length - a.length).reduce((shown, part) => shown.replaceAll(part, "***"), text);
}

function unescapePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}
