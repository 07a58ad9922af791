import type { Clock } from "@reeve/runtime";
import { systemClock } from "@reeve/runtime/transport";

/**
 * A clock on which time passes `factor` times as fast as on another: a switch's 30 seconds of saving last 30 ms at 1,000. It is
 * the switch's clock alone; the client's deadlines stay what they are.
 *
 * @throws RangeError when the factor is not above 0
 *
 * @example
 * ```ts
 * await using nexus = await nexusSimulator({ delays: "device", clock: scaledClock(1_000) });
 * ```
 */
export function scaledClock(factor: number, inner: Clock = systemClock): Clock {
  if (!(factor > 0 && Number.isFinite(factor))) throw new RangeError(`factor: expected more than 0, got ${factor}`);
  const startedAt = inner.wallNow();
  const origin = inner.now();
  const now = () => (inner.now() - origin) * factor;
  return {
    now,
    wallNow: () => startedAt + now(),
    setTimeout: (callback, ms) => inner.setTimeout(callback, ms / factor),
    clearTimeout: (timer) => inner.clearTimeout(timer),
  };
}
