/** The types shared by `serve-node.ts` and `serve-deno.ts`, which each have a `listen` for the HTTP server of their host. */

/** Answers a request. `environment` is the host's object: it has the socket on Node, the connection on Deno. */
export type Handler = (request: Request, environment: object) => Response | Promise<Response>;

export interface Address {
  readonly host: string;
  /** The port; 0 means any free one. */
  readonly port: number;
}

export interface Listening {
  /** The port that is used. */
  readonly port: number;
  /** Stops accepting, lets requests finish for `grace` milliseconds, then cuts connections, since streams do not end by themselves. */
  close(grace: number): Promise<void>;
}
