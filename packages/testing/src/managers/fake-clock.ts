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
 * @param options.settled resolves when what fell due has been done and time may move on. Default: after one turn of the event
 * loop, which does not wait for a disk, a server or a thread.
 */
export function fakeClock({ settled }: { readonly settled?: () => Promise<void> } = {}): ManualClock {
  return new ManualClock(undefined, settled);
}
