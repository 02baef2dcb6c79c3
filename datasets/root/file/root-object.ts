/** Objects that are read from ROOT's stream format. */
import type { ByteCursor } from "./byte-cursor.ts";

/** The members of an object, by name. */
export type Members = Record<string, unknown>;

export interface RootObject {
  readonly className: string;
  readonly members: Members;
}

export interface ObjectHeader {
  readonly version: number;
  /** Where the object ends, if its bytes are counted. */
  readonly end?: number;
}

/** The interface of `ObjectReader` for the functions that read single members. */
export interface ObjectStream extends ByteCursor {
  /** Reads the header of an object: its byte count, which old objects lack, and the version of its class. */
  header(): ObjectHeader;
  /** Reads an object after its class name, or a reference to an earlier object. Undefined for a null pointer and for a class that is not described. */
  any(): RootObject | undefined;
  /** Reads the members of an object of a known class, without a class name in front of it. */
  streamed(className: string, members: Members): void;
}
