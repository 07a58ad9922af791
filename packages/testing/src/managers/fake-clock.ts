import { ManualClock } from "@reeve/runtime/internal";

/** A clock that moves only when told to: `await clock.advance(10_000)` fires what falls due in those ten seconds. */
export function fakeClock(): ManualClock {
  return new ManualClock();
}
