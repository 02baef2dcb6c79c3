/**
 * Shares one environment between parts of a process, so that they can write in one transaction and share each sync of the disk. It is opened for the
 * first part and closed when all parts have closed it.
 */
import { type Environment, type EnvironmentOptions, openEnvironment } from "./environment.ts";

/** Each call of the returned function opens a separate handle. Rejects like `openEnvironment`. */
export function shareEnvironment(options: EnvironmentOptions): () => Promise<Environment> {
  let opened: Promise<Environment> | undefined;
  let handles = 0;
  return async () => {
    handles++;
    opened ??= openEnvironment(options);
    const environment = await opened;
    let isOpen = true;
    return {
      ...environment,
      async close() {
        if (!isOpen) return;
        isOpen = false;
        if (--handles === 0) await environment.close();
      },
    };
  };
}
