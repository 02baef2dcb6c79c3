/** What a handler finds in its context, `c.var` and `c.env`: put there by `app.ts` and by the host before the handler runs. */
import type { Admission } from "./admission/admission.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { Services } from "./services.ts";

/** Who asks. */
export interface Client {
  /**
   * What interest, fairness and limits go by: `named:NAME` for the name that the page, the command line or a script gives itself in
   * `Femtoq-Client`, else `address:ADDRESS`.
   */
  readonly name: string;
  /** Where the request came from; undefined where the host does not tell. */
  readonly address: string | undefined;
}

/** What the host puts into the environment of a request, besides its own. */
export interface HostBindings {
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
