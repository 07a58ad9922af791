import type { Code } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";

/** A request that brought no answers. */
export class RequestFailure extends Error {
  override readonly name = "RequestFailure";
  /** Whether the switch may run it, now or later: for 300 s, which is what NX-API lets a command take. */
  readonly perhapsRun: boolean;
  /** Whether the connection broke: an idle one that the switch had closed does that to the next request. */
  readonly broken: boolean;
  readonly error: DriverError;

  constructor(
    code: Code,
    message: string,
    { perhapsRun, broken = false, retryable }: { perhapsRun: boolean; broken?: boolean; retryable?: boolean },
  ) {
    super(message);
    this.perhapsRun = perhapsRun;
    this.broken = broken;
    this.error = new DriverError(code, message, retryable === undefined ? {} : { retryable });
  }
}
