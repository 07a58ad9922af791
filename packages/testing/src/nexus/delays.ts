import { requireKnownNames } from "../options/known-names.ts";

/** How long a switch takes, in milliseconds of its clock. */
export interface NexusDelays {
  /** Checking a password through PAM; a cookie saves it. */
  readonly login: number;
  /** Each show command. */
  readonly show: number;
  /** Each configuration command; one is executed at a time. */
  readonly configure: number;
  /** `copy running-config startup-config`. */
  readonly save: number;
  /** From a reload until the port answers again. */
  readonly boot: number;
  /** From then until the switch is ready. */
  readonly settle: number;
}

const none: NexusDelays = { login: 0, show: 0, configure: 0, save: 0, boot: 0, settle: 0 };

/**
 * As field reports have it: a login of 300 ms, 50 and 100 ms a command, 30 s for a save (10 to 60 are seen), three minutes for a
 * boot and one more until it is ready.
 */
const device: NexusDelays = { login: 300, show: 50, configure: 100, save: 30_000, boot: 180_000, settle: 60_000 };

/** @throws RangeError that names the delay when it is unknown, negative or not finite */
export function delaysOf(option: "none" | "device" | Partial<NexusDelays>): NexusDelays {
  if (option === "none") return none;
  if (option === "device") return device;
  if (typeof option === "string")
    throw new RangeError(`delays: expected "none", "device" or milliseconds by name, got ${JSON.stringify(option)}`);
  requireKnownNames("delays", option, Object.keys(none));
  const delays = { ...none, ...option };
  for (const [name, ms] of Object.entries(delays)) {
    if (!(ms >= 0 && Number.isFinite(ms))) throw new RangeError(`delays.${name}: expected milliseconds, got ${ms}`);
  }
  return delays;
}
