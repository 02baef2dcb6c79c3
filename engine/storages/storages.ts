/** Every kind of storage: queries, the compiler, partials, merging and UHI walk this table. Here alone stand their names. */
import { count } from "./count.ts";
import type { StorageKind } from "./storage-kind.ts";
import { weighted } from "./weighted.ts";

const names = { count, weighted };

export type StorageName = keyof typeof names;
export const storages: Readonly<Record<StorageName, StorageKind>> = names;

/** What a histogram has that names none. */
export const defaultStorage = (hasWeight: boolean): StorageName => (hasWeight ? "weighted" : "count");
