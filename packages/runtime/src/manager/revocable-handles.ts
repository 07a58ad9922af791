import { type ReeveError, reeveError } from "@reeve/contract";
import type { CapabilityReports } from "../capability/index.ts";
import type { Workers } from "../workers/index.ts";

/** The pool, as one incarnation may use it: what it runs there ends with it. */
export function revocableWorkers(workers: Workers, revoked: AbortSignal): Workers {
  return {
    run(file, input, options = {}) {
      if (revoked.aborted) return Promise.reject(over(revoked));
      const signal = options.signal ? AbortSignal.any([options.signal, revoked]) : revoked;
      return workers.run(file, input, { ...options, signal });
    },
  };
}

/** The reports, as one incarnation may listen to them: nobody tells a manager that is no more. */
export function revocableReports(reports: CapabilityReports, revoked: AbortSignal): CapabilityReports {
  return {
    clock: reports.clock,
    subscribe(listener) {
      if (revoked.aborted) throw over(revoked);
      const unsubscribe = reports.subscribe(listener);
      revoked.addEventListener("abort", unsubscribe, { once: true });
      return () => {
        revoked.removeEventListener("abort", unsubscribe);
        unsubscribe();
      };
    },
    request() {
      if (revoked.aborted) throw over(revoked);
      reports.request();
    },
  };
}

function over(revoked: AbortSignal): ReeveError {
  return reeveError("NOT_SERVING", "this incarnation has ended; its handles are dead", {
    data: { state: "stopped" },
    cause: revoked.reason,
  });
}
