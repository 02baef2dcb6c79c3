/**
 * A load test cannot be run. `message` tells what is required and what to do; the exit code is 2 for wrong options, 3 if a program or a server is
 * missing.
 */
export class LoadError extends Error {
  override readonly name = "LoadError";
  readonly exitCode: 2 | 3;

  constructor(message: string, exitCode: 2 | 3 = 3, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
