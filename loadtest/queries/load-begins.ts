/** What the scripts say when everything is prepared and the first question is about to be asked. */
export const loadBegins = "the load begins";
