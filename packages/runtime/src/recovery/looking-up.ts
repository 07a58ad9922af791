import { ReeveError } from "@reeve/contract";

/** Of a store that could not be asked; what the call itself did is not in them. */
const storeReasons: ReadonlySet<string> = new Set(["STORE_FAILED", "TRANSACTION_TIMEOUT"]);

/**
 * Asks the store what is known of a call, or notes it. Where that fails, nobody knows whether the call has run: the same call
 * under its key may find out.
 *
 * @throws ReeveError the store's, `maybe-executed`; anything else as it is
 */
export async function lookingUp<R>(ask: () => Promise<R>): Promise<R> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ReeveError) || !storeReasons.has(error.reason)) throw error;
    const { code, reason, message, data, address } = error;
    throw new ReeveError({
      ...{ code, reason, message, data, address, retryable: true, outcome: "maybe-executed", cause: error },
    });
  }
}
