import type { ReeveError } from "@reeve/contract";
import { hasNoStack } from "../../base/without-stack.ts";

/**
 * A promise that rejects with an error of another process, whose stack shows who awaits it here; settle with it what they await.
 * The engine knows who awaits a promise while one of its reactions runs, so that a call pays nothing for this unless it fails.
 */
export function rejectedForCaller(error: ReeveError): Promise<never> {
  // The first step lets the caller's promise follow before the second one looks for it.
  return Promise.reject(error).catch(passOn).catch(traceAndPassOn);
}

/** Whether nothing shows where it was awaited. Refusals of who has too much to do are not worth a look. */
export function lacksFrames(error: ReeveError): boolean {
  return hasNoStack(error) && error.code !== "RESOURCE_EXHAUSTED";
}

function passOn(error: unknown): never {
  throw error;
}

function traceAndPassOn(error: ReeveError): never {
  Error.captureStackTrace(error, traceAndPassOn);
  throw error;
}
