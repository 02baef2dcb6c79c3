/** The schemas of a query's axes and storages, made from the tables of axis types and storages. */
import { z } from "zod";
import { type Axis, axisKinds } from "../axes/axes.ts";
import { type StorageName, storages } from "../storages/storages.ts";
import { queryFields } from "./fields.ts";

const schemas = Object.values(axisKinds).map(({ schema }) => schema(queryFields));

export const axisSchema = z.discriminatedUnion("type", schemas as [z.ZodObject, ...z.ZodObject[]], {
  error: `an axis needs a type: ${Object.entries(axisKinds)
    .map(([name, { fields }]) => `${name} (${fields})`)
    .join(" or ")}`,
}) as unknown as z.ZodType<Axis>;

/** The names of all fields that an axis can have. */
export const axisFields: readonly string[] = [...new Set(schemas.flatMap(({ shape }) => Object.keys(shape)))];

export const storageSchema = z.enum(Object.keys(storages) as [StorageName, ...StorageName[]], {
  error: `must be ${Object.keys(storages).join(" or ")}`,
});
