/** What a handler finds in its context, `c.var` and `c.env`: put there by `app.ts` and by the host before the handler runs. */
import type { Admission } from "./admission/admission.ts";
import type { Client } from "./admission/tally.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { Services } from "./services.ts";

/** What the host puts into the environment of a request, besides its own. */
export interface HostBindings {
  /** Where the request came from; behind a trusted proxy, what that says of it. */
  readonly address?: string | undefined;
  /** Takes the request out of the limit on requests: it waits now, because its client asked for that, and another limit counts it. */
  readonly leaveLimit?: () => void;
}

export interface Environment {
  Bindings: HostBindings;
  Variables: {
    services: Services;
    dispatcher: Dispatcher;
    admission: Admission;
    client: Client;
    /** Of this request, as its answer's header and the log have it. */
    requestId: string;
    /** Set by the handler: the query that the request was about. */
    queryId?: string;
  };
}
