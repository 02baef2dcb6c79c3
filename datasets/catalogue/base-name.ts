/** The last part of a path or a pattern. Messages show names of files, never their folders. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
