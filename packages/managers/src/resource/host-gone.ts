import { ReeveError } from "@reeve/contract";

/** How long a host that may be gone is to be asked, as a timeout of the call. One that is slow is there. */
export const askedFor = "5s";

/**
 * Whether a call to an address says that nobody lives there, and so did not run. Not so where a process is known that takes no
 * calls: it may be starting, or have ended a moment ago to start again.
 *
 * @example
 * ```ts
 * const gone = await ctx.ref(volumes).at(host).get({ id }).then(() => false, saysHostGone);
 * ```
 */
export function saysHostGone(error: unknown): error is ReeveError {
  return error instanceof ReeveError && error.reason === "NO_RESPONDERS" && error.address === undefined;
}

/**
 * Whether a call to an address found nobody to take it, and so did not run: its host is gone, or has ended a moment ago, or starts. For
 * what may wait until it is back, whichever it is.
 *
 * @example
 * ```ts
 * const waits = await ctx.ref(volumes).at(host).remove({ id }).then(() => false, saysNobodyTakesIt);
 * ```
 */
export function saysNobodyTakesIt(error: unknown): error is ReeveError {
  return error instanceof ReeveError && error.reason === "NO_RESPONDERS";
}

/**
 * Why an address may still be served: what a call to it says, when that is anything but that nobody lives there. Every other answer,
 * and none within the time, is a sign of life.
 *
 * @returns undefined when the host is gone
 * @example
 * ```ts
 * const why = await signOfLife(ctx.ref(volumes).at(host).get({ id }, { timeout: askedFor }));
 * if (why !== undefined) ctx.fail("HOST_SERVES", { host, why });
 * ```
 */
export async function signOfLife(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return "it answers";
  } catch (error) {
    if (saysHostGone(error)) return undefined;
    return `it answers, or may yet: ${error instanceof ReeveError ? error.reason : String(error)}`;
  }
}
