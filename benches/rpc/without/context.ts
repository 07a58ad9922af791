/** Knows nothing of the call. */
export class CallContext {}
