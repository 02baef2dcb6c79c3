/** A named query with parameters; each file of `functions/queries/` exports one. */

export type Parameter = { readonly description: string } & (
  | { readonly type: "number"; readonly default: number; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: "integer"; readonly default: number; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: "boolean"; readonly default: boolean }
  | { readonly type: "string"; readonly default: string; readonly pattern?: string }
);

export type Parameters = Readonly<Record<string, Parameter>>;

/** The values of a function's parameters. */
export type Values<Params extends Parameters> = {
  readonly [Name in keyof Params]: Params[Name]["default"] extends number
    ? number
    : Params[Name]["default"] extends boolean
      ? boolean
      : string;
};

export interface QueryFunction<Params extends Parameters = Parameters> {
  readonly description: string;
  readonly parameters: Params;
  /** The query, as it would be POSTed to `/queries`. */
  readonly query: (values: Values<Params>) => unknown;
}

/** Gives a function's parameters their types; the file's name is the function's. */
export function defineQueryFunction<const Params extends Parameters>(definition: QueryFunction<Params>): QueryFunction {
  return definition as unknown as QueryFunction;
}
