import { type ReeveError, reeveError } from "@reeve/contract";
import type { RunningCall } from "./running-call.ts";

/** Thrown inside a service where a call ends although its turn had come, before its handler has begun. */
export class Unrun {
  readonly error: ReeveError;
  /** Whether another callee may take it. */
  readonly elsewhere: boolean;
  /** The manager's own code is at fault: it counts among its errors. */
  readonly faulty: boolean;

  constructor(error: ReeveError, elsewhere: boolean, faulty = false) {
    this.error = error;
    this.elsewhere = elsewhere;
    this.faulty = faulty;
  }
}

/** Its caller left while its turn had come and its handler had not begun: what nobody awaits must not begin. */
export function departed({ abortReason, manager, operation }: RunningCall): Unrun {
  const left = () => reeveError("CANCELLED", `${manager}: ${operation.name}: its caller left before it ran`);
  return new Unrun(abortReason ?? left(), false);
}
