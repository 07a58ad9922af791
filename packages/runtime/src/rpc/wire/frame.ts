/** The first element of a frame. From the caller: 1 to 15; from the callee: 16 to 31. Others are ignored. */
export const frameKind = {
  call: 1,
  cast: 2,
  stream: 3,
  cancel: 4,
  credit: 5,
  ask: 6,
  ok: 16,
  error: 17,
  progress: 18,
  beat: 19,
} as const;

/** Ids are drawn from this many: a small integer, so that tables of them are fast. */
export const idSpace = 0x7fff_ffff;

/** The id of an error that concerns a whole message. Never drawn. */
export const wholeMessage = 0;

export function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= idSpace;
}
