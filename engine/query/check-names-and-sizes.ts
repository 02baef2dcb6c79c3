/**
 * Checks that a query does not have too many entries, and that none has a name that JavaScript reserves in objects. This comes before the query is checked
 * against its schema, which looks at every entry.
 */
import { limits } from "./fields.ts";
import type { QueryIssue } from "./query-error.ts";

const reserved = ["__proto__", "constructor", "prototype"];

/** Issues for parts with too many entries, found before any entry is checked. */
export function tooMany(input: unknown): QueryIssue[] {
  if (typeof input !== "object" || input === null) return [];
  const parts = input as Readonly<Record<string, unknown>>;
  const most = [
    ["define", "defines", limits.defines],
    ["filter", "filters", limits.filters],
    ["histograms", "histograms", limits.histograms],
    ["totals", "totals", limits.totals],
    ["variations", "variations", limits.variations],
  ] as const;
  const ofQuery = most.flatMap(([part, what, most]) =>
    keysOf(parts[part]).length > most ? [{ at: pointer([part]), message: `a query can have at most ${most} ${what}` }] : [],
  );
  const { columns } = (parts.rows ?? {}) as { readonly columns?: unknown };
  if (keysOf(columns).length > limits.rowColumns)
    ofQuery.push({ at: "/rows/columns", message: `rows can have at most ${limits.rowColumns} columns` });
  const ofVariations = keysOf(parts.variations)
    .slice(0, limits.variations)
    .flatMap((name) => {
      const { define } = ((parts.variations as Readonly<Record<string, unknown>>)[name] ?? {}) as { readonly define?: unknown };
      const message = `a variation can have at most ${limits.defines} defines`;
      return keysOf(define).length > limits.defines ? [{ at: pointer(["variations", name, "define"]), message }] : [];
    });
  return [...ofQuery, ...ofVariations];
}

const keysOf = (value: unknown): readonly string[] => (typeof value === "object" && value !== null ? Object.keys(value) : []);

/** Issues for defines, histograms and other entries with a name that JavaScript reserves. */
export function reservedNames(input: unknown): QueryIssue[] {
  const found = (value: unknown) =>
    typeof value === "object" && value !== null ? reserved.filter((name) => Object.hasOwn(value, name)) : [];
  const inside = (value: unknown, path: readonly string[]) =>
    path.reduce<unknown>((whole, part) => (whole as Readonly<Record<string, unknown>> | null)?.[part], value);
  const variations = keysOf(inside(input, ["variations"])).map((name) => ["variations", name]);
  return [
    ...[[], ...variations].flatMap((path) =>
      found(inside(input, path)).map((part) => ({
        at: pointer([...path, part]),
        message: `'${part}' is not a field of a ${path[0] ? "variation" : "query"}`,
      })),
    ),
    ...[
      ["define"],
      ["histograms"],
      ["totals"],
      ["rows", "columns"],
      ["variations"],
      ...variations.map((path) => [...path, "define"]),
    ].flatMap((path) =>
      found(inside(input, path)).map((name) => ({ at: pointer([...path, name]), message: `'${name}' is reserved: choose another name` })),
    ),
  ];
}

/** The path as a JSON pointer (RFC 6901). */
export const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
