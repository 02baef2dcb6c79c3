/** Who leads a Mesos cluster, as far as can be known before it is asked. */

export interface Leader {
  /** Where its API begins; with a path where it is behind a gateway. */
  readonly url: URL;
  /** Aborts when another master leads. */
  readonly replaced: AbortSignal;
}

export interface Leaders {
  /** What an operator called it, for people; without a password. */
  readonly name: string;
  /** Each call gives the next master to ask. Waits until there is one; when the signal aborts it rejects, and says what it waited for. */
  find(signal: AbortSignal): Promise<Leader>;
  /** Whether an operator, or the ZooKeeper that an operator named, named this master: others must not see a secret. */
  isNamed(url: URL): Promise<boolean>;
  close(): Promise<void>;
}
