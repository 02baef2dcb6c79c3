/** Schemas for messages in Mesos' JSON: fields in snake_case become camelCase; unknown fields are left out. */
import { z } from "zod";
import { decodeBytes } from "./json.ts";

type Camel<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail> & string>}` : Key;
type CamelFields<Message> = { [Key in keyof Message as Camel<Key>]: Message[Key] };

const camelOf = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

export const message = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .object(shape)
    .transform(
      (fields) => Object.fromEntries(Object.entries(fields).map(([key, value]) => [camelOf(key), value])) as CamelFields<typeof fields>,
    );

/** A list; absent means empty, since Mesos leaves empty lists out. */
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).default([]);

/** A list in which members of an unknown kind are left out. */
export const listOfKnown = <Value>(item: z.ZodType<Value | undefined>) =>
  list(item).transform((members) => members.filter((member) => member !== undefined) as Exclude<Value, undefined>[]);

export const id = z.object({ value: z.string() }).transform(({ value }) => value);
export const bytes = z.string().transform(decodeBytes);

/** A whole number of at most 64 bits; `parseJson` returns long ones as strings. */
const digits = z.string().regex(/^-?\d{1,20}$/);
export const wholeNumber = z.union([z.int(), digits]).transform(Number);
export const nanoseconds = z.object({ nanoseconds: z.union([z.int(), digits]).transform(BigInt) }).transform((time) => time.nanoseconds);

/** A number, which Mesos' JSON may write as a string, such as "Infinity". */
export const number = z.union([
  z.number(),
  z
    .string()
    .transform(Number)
    .refine((value) => !Number.isNaN(value)),
]);

/** `{ labels: [{ key, value }] }`. */
export const labels = z
  .object({ labels: list(z.object({ key: z.string(), value: z.string().default("") })) })
  .transform((found) => Object.fromEntries(found.labels.map(({ key, value }) => [key, value])));
