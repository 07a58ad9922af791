import { ManualClock } from "@reeve/runtime/internal";

/**
 * A clock that moves only when told to: `await clock.advance(10_000)` fires what falls due in those ten seconds.
 *
 * @example
 * ```ts
 * const clock = fakeClock();
 * const tested = await testManager(kitchen, { clock });
 * await clock.advance(10_000); // fires what falls due
 * ```
 */
export function fakeClock(): ManualClock {
  return new ManualClock();
}
