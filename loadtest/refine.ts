import { openModel } from "./k6/open-model.ts";

export const options = openModel("refine");
export { ask, handleSummary, setup } from "./k6/script.ts";
