/**
 * Reads objects from the bytes of a key as ROOT streams them. The file's class descriptions tell their members; a few classes have a form of their
 * own (`own-forms.ts`). Terminates on any bytes, since it only moves forward and nests at most `mostDepth` deep.
 */
import { ByteCursor } from "./byte-cursor.ts";
import { memberSteps, type Step } from "./member-steps.ts";
import { ownForms } from "./own-forms.ts";
import type { Members, ObjectHeader, ObjectStream, RootObject } from "./root-object.ts";
import type { Streamers } from "./streamers.ts";

const counted = 0x40000000;
const isClass = 0x80000000;
const newClass = 0xffffffff;
/** A reference to an object or class is its position plus two. */
const referenceOffset = 2;
const mostDepth = 200;

/** The steps of classes, which all readers with the same class descriptions share. */
const knownSteps = new WeakMap<Streamers, Map<string, readonly Step[]>>();

export class ObjectReader extends ByteCursor implements ObjectStream {
  readonly streamers: Streamers;
  /** The length of the key, since references count from its beginning. */
  readonly #keyBytes: number;
  readonly #seen = new Map<number, string | RootObject>();
  readonly #steps: Map<string, readonly Step[]>;
  /** For some classes, the member before which reading stops. */
  readonly #stopBefore: Readonly<Record<string, string>>;
  /** The position where reading last stopped so. */
  stoppedAt: number | undefined;
  #depth = 0;

  constructor(
    bytes: Uint8Array,
    keyBytes: number,
    options: { readonly streamers: Streamers; readonly stopBefore?: Readonly<Record<string, string>> },
  ) {
    super(bytes);
    this.#keyBytes = keyBytes;
    this.streamers = options.streamers;
    this.#stopBefore = options.stopBefore ?? {};
    this.#steps = knownSteps.get(options.streamers) ?? new Map();
    knownSteps.set(options.streamers, this.#steps);
  }

  header(): ObjectHeader {
    const start = this.position;
    const count = this.uint32();
    if ((count & counted) === 0) {
      this.position = start;
      return { version: this.int16() };
    }
    const end = start + 4 + (count & ~counted);
    if (end > this.bytes.length) throw new Error(`an object at ${start} states ${end - start} bytes of ${this.bytes.length - start}`);
    return { version: this.int16(), end };
  }

  any(): RootObject | undefined {
    const start = this.position;
    const count = this.uint32();
    const isCounted = (count & counted) !== 0 && count !== newClass;
    const tagAt = this.position;
    const tag = isCounted ? this.uint32() : count;
    if ((tag & isClass) === 0) {
      const known = this.#seen.get(tag);
      return typeof known === "object" ? known : undefined;
    }
    if (!isCounted) throw new Error(`an object at ${start} does not tell how many bytes it has: ROOT 3 and older are not supported`);
    const end = tagAt + (count & ~counted);
    if (end > this.bytes.length) throw new Error(`an object at ${start} states ${end - start} bytes of ${this.bytes.length - start}`);
    const className = this.#className(tag, tagAt);
    const object: RootObject = { className, members: {} };
    this.#seen.set(this.#reference(start), object);
    const isKnown = ownForms[className] !== undefined || this.streamers.latest(className) !== undefined;
    if (isKnown) this.streamed(className, object.members);
    this.skipTo(end);
    return isKnown ? object : undefined;
  }

  streamed(className: string, members: Members): void {
    if (++this.#depth > mostDepth) throw new Error(`objects stand in one another ${mostDepth} deep`);
    const own = ownForms[className];
    if (own) own(this, members);
    else this.#described(className, members);
    this.#depth--;
  }

  #described(className: string, members: Members): void {
    const start = this.position;
    const { version, end } = this.header();
    // Classes without a version of their own state a checksum instead.
    const checksum = version <= 0 && end !== undefined ? this.uint32() : undefined;
    for (const step of this.#stepsOf(className, version, checksum)) step(this, members);
    if (this.#stopBefore[className] !== undefined) this.stoppedAt = this.position;
    if (end === undefined) return;
    if (this.position > end) throw new Error(`${className} at ${start} has ${this.position - start} bytes where it states ${end - start}`);
    this.position = end;
  }

  #stepsOf(className: string, version: number, checksum: number | undefined): readonly Step[] {
    const before = this.#stopBefore[className];
    const id = `${className} ${version} ${checksum} ${before ?? ""}`;
    const known = this.#steps.get(id);
    if (known) return known;
    const info = this.streamers.find(className, { version, checksum });
    if (!info) throw new Error(`it does not describe version ${version} of its class ${className}`);
    const steps = memberSteps(info.elements, before);
    this.#steps.set(id, steps);
    return steps;
  }

  #className(tag: number, tagAt: number): string {
    if (tag === newClass) {
      const name = this.zeroEnded();
      this.#seen.set(this.#reference(tagAt), name);
      return name;
    }
    const known = this.#seen.get((tag & ~isClass) >>> 0);
    if (typeof known !== "string") throw new Error(`an object at ${tagAt} refers to a class that is not there`);
    return known;
  }

  #reference(position: number): number {
    return position + this.#keyBytes + referenceOffset;
  }
}
