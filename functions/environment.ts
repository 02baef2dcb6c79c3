/** The types of a handler's context: `c.var`, which `app.ts` sets, and `c.env`, which the host sets. */
import type { Admission } from "./admission/admission.ts";
import type { Client } from "./admission/tally.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { Services } from "./services.ts";

/** What the host adds to the environment of a request. */
export interface HostBindings {
  /** The address of the request; behind a trusted proxy, the one that the proxy states. */
  readonly address?: string | undefined;
  /** Takes the request out of the limit on requests. Called when it waits on its client's wish, which another limit counts. */
  readonly leaveLimit?: () => void;
}

export interface Environment {
  Bindings: HostBindings;
  Variables: {
    services: Services;
    dispatcher: Dispatcher;
    admission: Admission;
    client: Client;
    /** The request's id, which its answer's header and the log show. */
    requestId: string;
    /** The query of the request; set by the handler. */
    queryId?: string;
  };
}
