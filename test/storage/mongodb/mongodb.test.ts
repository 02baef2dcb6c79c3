import { describeStore } from "../../contracts/store-contract.ts";
import { openTestMongo } from "../test-mongo.ts";

const mongo = await openTestMongo("MongoDB store");
if (mongo) describeStore(`MongoDB store on ${mongo.name}`, (t, conditions) => mongo.open(t, conditions));
