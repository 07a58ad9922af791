/** Who has a call, as far as the call tells it anything. */
export interface CallHost<C> {
  /** The call was ended from outside (deadline, cancel, the callee's own end) while it was prepared, waited, ran or was away. */
  abandoned(call: C): void;
  /** Since when the link to it has been down, as ISO text; undefined while it is up. */
  readonly linkDownSince?: string | undefined;
}
