import type { AnyContract, OperationsOf } from "./contract.ts";
import type { ErrorData, ErrorSpec } from "./operation.ts";
import { ReeveError } from "./reeve-error.ts";
import type { Output } from "./schema.ts";

type ErrorsOf<C, K extends keyof OperationsOf<C>> = OperationsOf<C>[K] extends { errors: infer E } ? E : {};

/**
 * Whether a caught value is the error that this operation declares for this reason; narrows `data` to its type.
 *
 * @example
 * ```ts
 * const volumes = contract("volume", "1.0", {
 *   create: call({ input: z.object({ sizeGiB: z.number() }), errors: { QUOTA_EXCEEDED: z.object({ limitGiB: z.number() }) } }),
 * });
 * try {
 *   await supervisor.ref(volumes).create({ sizeGiB: 10 });
 * } catch (error) {
 *   if (!isError(error, volumes, "create", "QUOTA_EXCEEDED")) throw error;
 *   console.log(`at most ${error.data.limitGiB} GiB`);
 * }
 * ```
 */
export function isError<
  C extends AnyContract,
  K extends keyof OperationsOf<C> & string,
  R extends keyof ErrorsOf<C, K> & string,
>(
  error: unknown,
  contract: C,
  operation: K,
  reason: R,
): error is ReeveError & {
  readonly reason: R;
  readonly data: ErrorsOf<C, K>[R] extends ErrorSpec ? Output<ErrorData<ErrorsOf<C, K>[R]>> : never;
} {
  return (
    error instanceof ReeveError &&
    error.reason === reason &&
    contract.operations.get(operation)?.errors.has(reason) === true
  );
}
