/** Numbers by which ROOT's class descriptions say how a member is stored (ROOT's `TVirtualStreamerInfo::EReadWrite`). */

/** Basic types. A fixed array has its element's number plus 20; an array whose length is another member has 40 more. */
export const basic = {
  char: 1,
  short: 2,
  int: 3,
  long: 4,
  float: 5,
  counter: 6,
  charStar: 7,
  double: 8,
  double32: 9,
  unsignedChar: 11,
  unsignedShort: 12,
  unsignedInt: 13,
  unsignedLong: 14,
  bits: 15,
  long64: 16,
  unsignedLong64: 17,
  bool: 18,
  float16: 19,
} as const;

export const fixedArray = 20;
export const countedArray = 40;

export const element = {
  base: 0,
  object: 61,
  any: 62,
  objectPointerDirect: 63,
  objectPointer: 64,
  string: 65,
  rootObject: 66,
  named: 67,
  anyPointerDirect: 68,
  anyPointer: 69,
  stl: 300,
  stlString: 365,
  streamer: 500,
  streamLoop: 501,
} as const;

/** The bytes of one value in metadata. Double32_t and Float16_t are absent because their size varies. */
export const basicBytes: Readonly<Record<number, number>> = {
  [basic.char]: 1,
  [basic.short]: 2,
  [basic.int]: 4,
  [basic.long]: 8,
  [basic.float]: 4,
  [basic.counter]: 4,
  [basic.double]: 8,
  [basic.unsignedChar]: 1,
  [basic.unsignedShort]: 2,
  [basic.unsignedInt]: 4,
  [basic.unsignedLong]: 8,
  [basic.bits]: 4,
  [basic.long64]: 8,
  [basic.unsignedLong64]: 8,
  [basic.bool]: 1,
};
