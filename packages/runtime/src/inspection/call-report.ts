/** Who makes a call that is shown. */
export interface CallMaker {
  /** As the transport knows it: a host, or a `manager/address`. */
  readonly caller: string;
  readonly user: string;
  readonly tenant?: string;
}

/** How a call that was shown has ended, for whoever waited for it. */
export interface CallEnd {
  /** From its arrival at the manager on. */
  readonly durationMs: number;
  /** Absent when it did what was asked. */
  readonly error?: { readonly reason: string; readonly message: string; readonly outcome?: string };
}
