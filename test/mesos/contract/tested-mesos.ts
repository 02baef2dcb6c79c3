/** A Mesos that the contract's tests use: the real one and the fake are two of it. */
export interface TestedMesos {
  readonly name: string;
  readonly url: string;
  /** Two of them, with 2 cpus, 1024 MB and the ports from 31000 to 31100 each; agents that do not answer for 2 s are unreachable. */
  readonly agents: readonly TestedAgent[];
  /** Ends the master as a power cut would, and starts it again. */
  restartMaster(): Promise<void>;
  /** Makes a call of the operator's API. */
  operate(call: { readonly type: string; readonly [payload: string]: unknown }): Promise<unknown>;
  stop(): Promise<void>;
}

export interface TestedAgent {
  readonly id: string;
  /** Makes it fall silent, and answer again. */
  pause(): void;
  resume(): void;
  /** Ends it as a power cut would; its tasks go on. Starts it again. */
  restart(): Promise<void>;
}
