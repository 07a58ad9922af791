declare const brand: unique symbol;

/** An object, because a symbol loses its type on the way through an inferred promise. */
interface CarriedOut {
  readonly [brand]: true;
}

/**
 * What the last transaction of an operation without output returns to say that with its commit the operation is done. Should the
 * process die between that commit and the end of the handler, the call, or the durable cast, counts as carried out, and not as
 * interrupted. It says nothing where an operation has an output: there, what the transaction returns is the answer.
 *
 * @example
 * ```ts
 * const operations = {
 *   rescan: () =>
 *     store.transaction(async (tx) => {
 *       await tx.insert("scans", { id: newId() });
 *       return carriedOut;
 *     }),
 * };
 * ```
 */
export const carriedOut = Object.freeze({}) as CarriedOut;
