/** Why a load test cannot be run: `message` says what is required and what to do. Exit code 2 for the caller's options, 3 for what is missing. */
export class LoadError extends Error {
  override readonly name = "LoadError";
  readonly exitCode: 2 | 3;

  constructor(message: string, exitCode: 2 | 3 = 3, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
