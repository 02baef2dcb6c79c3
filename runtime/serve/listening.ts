/** The seam between the functions and a host's HTTP server: `serve-node.ts` and `serve-deno.ts` each have a `listen` of this form. */

/** `environment` is the host's: the socket on Node, the connection on Deno. */
export type Handler = (request: Request, environment: object) => Response | Promise<Response>;

export interface Address {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface Listening {
  /** The one that was taken. */
  readonly port: number;
  /** Accepts nothing more, lets requests finish for `grace` milliseconds, then cuts what is left: streams do not end by themselves. */
  close(grace: number): Promise<void>;
}
