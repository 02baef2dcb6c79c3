/**
 * One environment for several parts of a process, so that they can write in one transaction and share each sync of the disk. It is opened for the
 * first of them and closed when all that have it have closed it.
 */
import { type Environment, type EnvironmentOptions, openEnvironment } from "./environment.ts";

/** Each call gives a handle of its own. Rejects like `openEnvironment`. */
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
