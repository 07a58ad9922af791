import { type ReeveError, reeveError } from "@reeve/contract";
import type { Call } from "../call.ts";

/** Thrown inside a service where a call ends although its turn had come, before its handler has begun. */
export class Unrun {
  readonly error: ReeveError;
  /** Whether another callee may take it. */
  readonly elsewhere: boolean;

  constructor(error: ReeveError, elsewhere: boolean) {
    this.error = error;
    this.elsewhere = elsewhere;
  }
}

/** Its caller left while its turn had come and its handler had not begun: what nobody awaits must not begin. */
export function departed({ abortReason, manager, operation }: Call): Unrun {
  const left = () => reeveError("CANCELLED", `${manager}: ${operation.name}: its caller left before it ran`);
  return new Unrun(abortReason ?? left(), false);
}
