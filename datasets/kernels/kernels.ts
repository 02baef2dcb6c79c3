/**
 * The WebAssembly loops for decompressing and decoding, and the memory in which they work. Each thread has one scratch area, which it uses again and again,
 * since touching memory for the first time costs more than any of these loops.
 *
 * A decoder takes an area, fills it, runs kernels and copies the result out, without awaiting anything in between: the next caller gets the same area,
 * and views of a smaller memory become unusable. Kernels do not check addresses: callers must keep them within the bytes that they asked for.
 */
import { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { defineDeltas } from "./delta-kernels.ts";
import { defineGather } from "./gather-kernels.ts";
import { defineLevels } from "./hybrid-kernels.ts";
import { defineAnyBits, defineJoin, defineNarrowEnds, defineSumEnds } from "./join-kernels.ts";
import { defineLz4 } from "./lz4-kernel.ts";
import { defineOffsets } from "./offset-kernels.ts";
import { definePlace, placeTable } from "./place-kernel.ts";
import { defineSnappy } from "./snappy-kernel.ts";
import { defineNormalise, defineSwap, defineToFloat64 } from "./swap-kernels.ts";
import { defineVectors } from "./vector-kernels.ts";
import { defineXxh64 } from "./xxh64-kernel.ts";

type Kernel = (...args: readonly number[]) => number;

/** The kernels of a module; each is described where it is defined. */
export interface Kernels {
  readonly swap2: Kernel;
  readonly swap4: Kernel;
  readonly swap8: Kernel;
  readonly toFloat64: Kernel;
  readonly unsignedToFloat64: Kernel;
  readonly normalise: Kernel;
  readonly offsets: Kernel;
  readonly vectors1: Kernel;
  readonly vectors2: Kernel;
  readonly vectors4: Kernel;
  readonly vectors8: Kernel;
  readonly join2: Kernel;
  readonly join4: Kernel;
  readonly join8: Kernel;
  readonly joinZigzag2: Kernel;
  readonly joinZigzag4: Kernel;
  readonly joinZigzag8: Kernel;
  readonly sumEnds: Kernel;
  readonly narrowEnds: Kernel;
  readonly anyBits: Kernel;
  readonly levels: Kernel;
  readonly gather1: Kernel;
  readonly gather4: Kernel;
  readonly gather8: Kernel;
  readonly deltas4: Kernel;
  readonly deltas8: Kernel;
  readonly place: Kernel;
  readonly countEqual: Kernel;
  readonly lz4: Kernel;
  readonly snappy: Kernel;
  readonly xxh64: (from: number, bytes: number) => bigint;
}

/** Memory, and the kernels that work in it. The area begins at `base`, a multiple of 64. */
export interface Area {
  readonly kernels: Kernels;
  readonly buffer: ArrayBufferLike;
  readonly bytes: Uint8Array;
  readonly base: number;
}

/** The first page holds what kernels look up (`placeTable`). */
const page = 65_536;
/** The most bytes past the end of their data that kernels read and write, unless they say otherwise. What is read there is ignored. */
export const slack = 64;
const mostPages = 49_152;
/** A memory with more pages than this is replaced by a smaller one as soon as an area needs less than a quarter of it. */
const keptPages = 1024;

interface Memory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  area: Area;
}
let module: WebAssembly.Module | undefined;
let current: Memory | undefined;
/** The bytes at the front of the memory that are held (`holdBytes`); a multiple of 64. */
let held = 0;

/**
 * Lends bytes of the memory to `use`, with slack behind them. Until it returns, areas are placed after these bytes. `view` returns them; call it again
 * after taking an area, since older views become unusable when the memory grows.
 */
export function holdBytes<Result>(bytes: number, use: (view: () => Uint8Array) => Result): Result {
  const { base } = takeArea(bytes);
  const before = held;
  held = heldTo(base + bytes);
  try {
    return use(() => current!.area.bytes.subarray(base, base + bytes));
  } finally {
    held = before;
  }
}

const heldTo = (end: number) => Math.ceil((end + slack - page) / 64) * 64;

/** Holds these bytes of an area and all before them, too, until `holdBytes` ends. Returns false if nothing is held. */
export function holdMore({ byteOffset, byteLength }: Uint8Array): boolean {
  if (held === 0) return false;
  held = Math.max(held, heldTo(byteOffset + byteLength));
  return true;
}

/** The present buffer of the memory; it changes whenever the memory grows. */
export const heldBuffer = (): ArrayBufferLike => current!.area.buffer;

/** Takes an area of at least these bytes, with undefined content. Throws `RangeError` if it would exceed the memory's maximum. */
export function takeArea(bytes: number): Area {
  const pages = 1 + Math.ceil((held + bytes + slack) / page);
  if (pages > mostPages) throw new RangeError(`Cannot decode ${bytes} bytes at once`);
  const have = current ? current.memory.buffer.byteLength / page : 0;
  if (!current || (held === 0 && bytes > 0 && have > keptPages && pages < have / 4)) current = makeMemory(pages);
  else if (pages > have) {
    current.memory.grow(Math.min(mostPages, Math.max(pages, 2 * have)) - have);
    current.area = areaOf(current);
  }
  return held === 0 ? current.area : { ...current.area, base: page + held };
}

/** Whether these bytes lie in the memory of areas. */
export const isInArea = (bytes: ArrayBufferView): boolean => bytes.buffer === current?.area.buffer;

function makeMemory(pages: number): Memory {
  const memory = new WebAssembly.Memory({ initial: Math.max(16, pages), maximum: mostPages });
  module ??= new WebAssembly.Module(encodeKernels());
  new Uint8Array(memory.buffer).set(placeTable());
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
  return { memory, kernels, area: areaOf({ memory, kernels }) };
}

function areaOf({ memory, kernels }: Pick<Memory, "memory" | "kernels">): Area {
  return { kernels, buffer: memory.buffer, bytes: new Uint8Array(memory.buffer), base: page };
}

function encodeKernels(): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder([], { isMemoryShared: false });
  for (const size of [2, 4, 8] as const) defineSwap(m, size);
  defineToFloat64(m);
  defineNormalise(m);
  defineOffsets(m);
  for (const size of [1, 2, 4, 8] as const) defineVectors(m, size);
  for (const size of [2, 4, 8] as const) for (const isZigzag of [false, true]) defineJoin(m, size, isZigzag);
  defineSumEnds(m);
  defineNarrowEnds(m);
  defineAnyBits(m);
  defineLevels(m);
  for (const size of [1, 4, 8] as const) defineGather(m, size);
  for (const size of [4, 8] as const) defineDeltas(m, size);
  definePlace(m);
  defineLz4(m);
  defineSnappy(m);
  defineXxh64(m);
  return m.encode();
}
