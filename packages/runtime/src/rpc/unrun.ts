import type { ReeveError } from "@reeve/contract";

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
