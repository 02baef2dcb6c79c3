/** The interface for finding the leading master of a Mesos cluster. */

export interface Leader {
  /** The base URL of its API; with a path if it is behind a gateway. */
  readonly url: URL;
  /** Aborts when another master leads. */
  readonly replaced: AbortSignal;
}

export interface Leaders {
  /** The cluster's address as the operator gave it, without a password, for people. */
  readonly name: string;
  /** Each call returns the next master to ask; waits until there is one. When the signal aborts, it rejects and tells what it waited for. */
  find(signal: AbortSignal): Promise<Leader>;
  /** Whether an operator, or the ZooKeeper that an operator named, has named this master. Secrets must not be shown to others. */
  isNamed(url: URL): Promise<boolean>;
  close(): Promise<void>;
}
