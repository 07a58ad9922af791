import type { ReeveError } from "@reeve/contract";
import type { Session } from "./backend.ts";

/** What the runtime does in each write transaction of a manager: fencing, idempotency keys. */
export interface TransactionHook {
  /**
   * Before the body, under the write lock. A throw rolls back.
   *
   * @param onFenced called when a newer incarnation is found to have taken over, which may be while the body runs
   */
  begin?(session: Session, onFenced?: (error: ReeveError) => void): Promise<void>;
  /** After the body. A throw rolls back. */
  end?(session: Session, result: unknown): Promise<void>;
  /** When the commit is done. */
  committed?(session: Session): void;
  /** When it has ended, whether it was committed, rolled back, or nobody knows. */
  ended?(session: Session): void;
}
