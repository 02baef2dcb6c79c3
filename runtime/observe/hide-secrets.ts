/** What must not be read in a log: passwords inside URLs, and the secrets of a configuration wherever they turn up. */

const password = /([a-z][a-z0-9+.-]*:\/\/[^\s/@:"]*):[^\s/@"]+@/gi;
/** Shorter ones would hide what only looks like them. */
const shortestSecret = 4;

export function hideSecrets(config: {
  readonly zookeeperAuth?: string | undefined;
  readonly mongodb?: string | undefined;
}): (line: string) => string {
  const secrets = [config.zookeeperAuth?.replace(/^[^:]*:/, ""), ...passwordsOf(config.mongodb)].filter(
    (secret): secret is string => secret !== undefined && secret.length >= shortestSecret,
  );
  return (line) => {
    let shown = line.includes("@") ? line.replace(password, "$1:***@") : line;
    for (const secret of secrets) if (shown.includes(secret)) shown = shown.replaceAll(secret, "***");
    return shown;
  };
}

/** As the connection string has it, and as it is meant. */
function passwordsOf(uri: string | undefined): readonly (string | undefined)[] {
  const written = /^[^/]*\/\/[^/@:]*:([^@]+)@/.exec(uri ?? "")?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch (error) {
    // A lone percent sign: then it is meant as it is written.
    if (error instanceof URIError) return [written];
    throw error;
  }
}
