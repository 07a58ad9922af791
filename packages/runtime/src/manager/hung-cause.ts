import type { Cause } from "../lifecycle/cause.ts";
import type { HungOperation } from "../rpc/callee/hung-watch.ts";

/** What degrades a manager while one of its operations hangs. */
export function hungCause(hung: HungOperation, resource: string | undefined): Cause {
  const { operation, lane, since } = hung;
  const on = resource === undefined || resource === lane ? "" : ` on ${JSON.stringify(resource)}`;
  const where = lane === undefined ? on : `${on} in lane ${JSON.stringify(lane)}`;
  return {
    reason: "HUNG",
    message: `${operation}${where} ignores its signal and has passed twice its deadline; it runs since ${since}`,
    data: { ...hung, resource },
  };
}
