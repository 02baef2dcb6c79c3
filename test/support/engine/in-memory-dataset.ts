/**
 * Events as plain objects → schema and flat columns in shared memory, as a node would hold them.
 *
 * An event's members are numbers, booleans and strings, records of them, lists of them, lists of records, and lists in these; null or
 * undefined is a missing value, or a null list. Columns are inferred from all events: numbers are float64, booleans bool and strings string unless `dtypes` says otherwise.
 */
import { type Input, nameOf } from "../../../engine/program/inputs.ts";
import { bytesPerValue, type Column, type DType, type NullableList, presenceColumn, type Schema } from "../../../engine/program/schema.ts";

/** A bigint is a value of an int64 or uint64 column. */
export type Cell = number | bigint | boolean | string | null | undefined;
export type CellRecord = { readonly [field: string]: EventMember };
export type EventMember = Cell | CellRecord | readonly EventMember[];
export type PlainEvent = { readonly [name: string]: EventMember };

export interface InMemoryDataset {
  readonly events: readonly PlainEvent[];
  readonly schema: Schema;
  readonly memory: WebAssembly.Memory;
  /** Addresses of these arrays, of entries [from, to) only. */
  load(inputs: readonly Input[], from: number, to: number): readonly number[];
  /** Returns a work area, the same one at each call if it is large enough. Except for its stop flag, it is full of values on which no run may rely. */
  work(bytes: number): { readonly address: number; readonly bytes: number };
}

/**
 * By path: `x`, `MET.pt`, `hits[]`, `Muon[].pt`, `Jet[].parts[].pt`, `grid[][]`. A `?` at the end makes the column nullable, whatever the events have; "list?", under
 * the path of a list without its brackets (`Muon`, `Jet[].parts`), makes that nullable.
 */
export type DTypes = Readonly<Record<string, DType | `${DType}?` | "list?">>;

/** `strings` are those of a string column, by their numbers. */
type Arrays = {
  readonly values: (number | bigint)[];
  readonly valid: number[];
  readonly strings: Map<string, number>;
  readonly offsets: readonly number[][];
};

const pageBytes = 65_536;

export function makeDataset(events: readonly PlainEvent[], dtypes: DTypes = {}): InMemoryDataset {
  const { columns, nullableLists } = inferColumns(events, dtypes);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1024, shared: true });
  const loaded = new Map<string, number>();
  let top = 16;
  let work = { address: 0, bytes: 0 };

  function reserve(bytes: number): number {
    const address = top;
    top = Math.ceil((top + bytes + 16) / 16) * 16;
    const lacking = top - memory.buffer.byteLength;
    if (lacking > 0) memory.grow(Math.ceil(lacking / pageBytes));
    return address;
  }

  function place(input: Input, from: number, to: number): number {
    const name = input.kind === "offsets" ? input.columns[0] : input.column;
    const asked = nullableLists.find(({ column }) => column.name === name);
    const column = asked?.column ?? columns.find((each) => each.name === name)!;
    const some = events.slice(from, to);
    const arrays = asked ? flattenPresence(some, asked, columns) : flatten(some, column);
    const bytes = new Uint8Array(encode(input, column, arrays));
    const address = reserve(bytes.length);
    new Uint8Array(memory.buffer).set(bytes, address);
    return address;
  }

  return {
    events,
    schema: { columns, unsupported: [], ...(nullableLists.length > 0 && { nullableLists }) },
    memory,
    load: (inputs, from, to) =>
      inputs.map((input) => {
        const key = `${input.kind} ${nameOf(input)} ${from} ${to}`;
        const address = loaded.get(key) ?? place(input, from, to);
        loaded.set(key, address);
        return address;
      }),
    work(bytes) {
      if (bytes > work.bytes) work = { address: reserve(bytes), bytes };
      new Uint8Array(memory.buffer, work.address, work.bytes).fill(0xa5);
      new Int32Array(memory.buffer, work.address, 3).fill(0);
      return { address: work.address, bytes };
    },
  };
}

function inferColumns(
  events: readonly PlainEvent[],
  dtypes: DTypes,
): { readonly columns: readonly Column[]; readonly nullableLists: readonly NullableList[] } {
  const found = new Map<string, { readonly path: string; dtype: DType; nullable: boolean }>();
  const note = (path: string, cell: Cell) => {
    const known = found.get(path) ?? { path, dtype: "float64", nullable: false };
    if (cell === null || cell === undefined) known.nullable = true;
    else if (typeof cell === "boolean") known.dtype = "bool";
    else if (typeof cell === "string") known.dtype = "string";
    else if (typeof cell === "bigint") known.dtype = "int64";
    found.set(path, known);
  };
  for (const path of Object.keys(dtypes)) found.set(path, { path, dtype: "float64", nullable: false });
  const walk = (path: string, member: EventMember): void => {
    if (Array.isArray(member)) for (const each of member as readonly EventMember[]) walk(`${path}[]`, each);
    else if (typeof member !== "object" || member === null) note(path, member as Cell);
    else for (const [field, each] of Object.entries(member)) walk(`${path}.${field}`, each as EventMember);
  };
  for (const event of events) for (const [name, member] of Object.entries(event)) walk(name, member);
  const isList = (path: string) => [...found.keys()].some((each) => each.startsWith(`${path}[]`));
  const [lists, values] = [[...found.values()].filter(({ path }) => isList(path)), [...found.values()].filter(({ path }) => !isList(path))];
  return {
    columns: values.map((each) => describeColumn(each, dtypes[each.path])),
    nullableLists: lists
      .filter(({ path, nullable }) => nullable || dtypes[path] === "list?")
      .map(({ path }) => {
        const lists = describeColumn({ path: `${path}[]`, dtype: "bool", nullable: false }, undefined).lists;
        const list = lists.at(-1)!;
        return { list, column: { name: presenceColumn(list), dtype: "bool", nullable: false, lists: lists.slice(0, -1) } };
      }),
  };
}

/** Whether each list of a name is there, for the elements of the list around it, or for the events. */
function flattenPresence(events: readonly PlainEvent[], { list, column: { lists } }: NullableList, columns: readonly Column[]): Arrays {
  const level = lists.length;
  const inside = columns.find((column) => column.lists[level] === list)!;
  const path = inside.lists;
  const arrays: Arrays = { values: [], valid: [], strings: new Map(), offsets: [] };
  const visit = (owner: EventMember, depth: number): void => {
    const field = depth === 0 ? path[0]! : path[depth]!.slice(path[depth - 1]!.length + 1);
    const own = field === "[]" ? owner : (owner as CellRecord)[field];
    if (depth === level) arrays.values.push(own === null || own === undefined ? 0 : 1);
    else for (const each of (own ?? []) as readonly EventMember[]) visit(each, depth + 1);
  };
  for (const event of events) visit(event, 0);
  return arrays;
}

function describeColumn(
  { path, dtype, nullable }: { readonly path: string; readonly dtype: DType; readonly nullable: boolean },
  wanted: string | undefined,
): Column {
  const lists: string[] = [];
  let record = "";
  let field: string | undefined;
  for (const part of path.split(".")) {
    const name = part.replaceAll("[]", "");
    record = field === undefined ? record : record === "" ? field : `${record}.${field}`;
    field = name;
    for (const [index] of [...part.matchAll(/\[\]/g)].entries()) {
      const whole = record === "" ? name : `${record}.${name}`;
      lists.push(index === 0 ? whole : `${lists[lists.length - 1]}.[]`);
    }
  }
  const isMember = record !== "" && !path.endsWith("]");
  return {
    name: path.replaceAll("[]", "").replaceAll(".", "_"),
    dtype: (wanted?.replace("?", "") as DType | undefined) ?? dtype,
    nullable: nullable || wanted?.endsWith("?") === true,
    lists,
    ...(isMember && { member: { record, field: field! } }),
  };
}

/** The string at places where the string is missing. */
export const decoy = "mu";

/** A column's content over these events. Where a value is missing stands one that would be noticed. */
function flatten(events: readonly PlainEvent[], { name, dtype, lists, member }: Column): Arrays {
  const isText = dtype === "string";
  const anything = isText ? decoy : dtype === "bool" ? 1 : 77;
  const strings = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = strings.get(text) ?? strings.size;
    strings.set(text, number);
    return number;
  };
  const arrays: Arrays = { values: [], valid: [], strings, offsets: lists.map(() => [0]) };
  /** How many elements each list has had. */
  const counts = lists.map(() => 0);
  const visit = (owner: EventMember, level: number): void => {
    if (level === lists.length) {
      const cell = (member ? (owner as CellRecord | undefined)?.[member.field] : owner) as Cell;
      arrays.values.push(isText ? numberOf(String(cell ?? anything)) : typeof cell === "bigint" ? cell : Number(cell ?? anything));
      arrays.valid.push(cell === null || cell === undefined ? 0 : 1);
      return;
    }
    const field = level === 0 ? lists[0] : lists[level].slice(lists[level - 1].length + 1);
    const list = (field === "[]" ? owner : (owner as CellRecord)[field]) as readonly EventMember[] | null | undefined;
    for (const each of list ?? []) {
      counts[level]++;
      visit(each, level + 1);
    }
    arrays.offsets[level].push(counts[level]);
  };
  for (const event of events) visit(lists.length > 0 ? event : event[member?.record ?? name], 0);
  return arrays;
}

const arrayOf = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  string: Int32Array,
} as const;

function encode(input: Input, { name, dtype }: Column, { values, valid, strings, offsets }: Arrays): ArrayBuffer {
  if (input.kind === "offsets") return Uint32Array.from(offsets[input.lists.length - 1]).buffer;
  if (input.kind === "valid") return Uint8Array.from(valid).buffer;
  if (input.kind === "strings") return encodeDictionary([...strings.keys()]);
  const array = (arrayOf[dtype] as unknown as { from(values: readonly unknown[]): Float64Array | BigInt64Array }).from(
    dtype === "int64" || dtype === "uint64" ? values.map(BigInt) : values,
  );
  const changed = values.findIndex(
    (value, index) => array[index] !== value && !Object.is(Number(array[index]), value) && valid[index] === 1,
  );
  if (changed >= 0) throw new RangeError(`Cannot hold ${values[changed]} in the ${dtype} column ${name}: it becomes ${array[changed]}`);
  if (array.byteLength !== values.length * bytesPerValue[dtype]) throw new RangeError(`The column ${name} has another width than ${dtype}`);
  return array.buffer as ArrayBuffer;
}

function encodeDictionary(strings: readonly string[]): ArrayBuffer {
  const texts = strings.map((text) => new TextEncoder().encode(text));
  const starts = [0];
  for (const { length } of texts) starts.push(starts.at(-1)! + length);
  const head = new Uint8Array(Uint32Array.from([strings.length, ...starts]).buffer);
  return Uint8Array.from([...head, ...texts.flatMap((text) => [...text])]).buffer;
}
