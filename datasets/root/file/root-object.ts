/** Objects as they are read from a stream of ROOT's. */
import type { ByteCursor } from "./byte-cursor.ts";

/** By their names. */
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

/** What reads the members of one class needs of who reads all. */
export interface ObjectStream extends ByteCursor {
  /** What stands in front of most objects: how many bytes they have, and the version of their class. */
  header(): ObjectHeader;
  /** An object behind the name of its class, or a reference to an earlier one. Undefined for none, and for one whose class is not described. */
  any(): RootObject | undefined;
  /** The members of an object of a known class, without the name of the class in front of it. */
  streamed(className: string, members: Members): void;
}
