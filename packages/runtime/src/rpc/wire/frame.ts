/** The first element of a frame. From the caller: 1 to 15; from the callee: 16 to 31. Others are ignored. */
export const frameKind = {
  call: 1,
  cancel: 2,
  credit: 3,
  ok: 16,
  error: 17,
  progress: 18,
  heartbeat: 19,
} as const;

/** The number of an error that concerns a whole message. Never a call's. */
export const wholeMessage = 0;

/** Whether it can be a call's number: 1 to 2⁵³ − 1. */
export function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
