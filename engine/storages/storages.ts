/** Every kind of storage: queries, the compiler, partials, merging and UHI walk this table. Here alone stand their names. */
import { z } from "zod";
import { count } from "./count.ts";
import type { StorageKind } from "./storage-kind.ts";
import { weighted } from "./weighted.ts";

const names = { count, weighted };

export type StorageName = keyof typeof names;
export const storages: Readonly<Record<StorageName, StorageKind>> = names;

/** What a histogram has that names none. */
export const defaultStorage = (hasWeight: boolean): StorageName => (hasWeight ? "weighted" : "count");

/** Every kind of the language: those that have no module are not in this version. */
const language: ReadonlySet<unknown> = new Set(["count", "weighted", "mean"]);
const choice = Object.keys(storages).join(" or ");

export const storageSchema = z.enum(Object.keys(storages) as [StorageName, ...StorageName[]], {
  error: ({ input }) =>
    language.has(input) ? `storage ${String(input)} is not available in this version: use ${choice}` : `must be ${choice}`,
});
