/** One incarnation of a manager, as tools that speak the NATS service protocol see it. */
export interface ServedManager {
  /** The contract's. */
  readonly name: string;
  /** The contract's, `major.minor`. */
  readonly version: string;
  readonly address: string;
  readonly cluster?: string | undefined;
  readonly epoch: number;
  /** Default: what it is and where. */
  readonly description?: string | undefined;
  /** When the incarnation began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Asked at every request. */
  endpoints(): readonly ServedEndpoint[];
  /** What it is doing now; plain JSON. Asked at every request for statistics. */
  state(): unknown;
}

/** One operation. */
export interface ServedEndpoint {
  readonly name: string;
  /** What it listens on; may end in a wildcard. */
  readonly subject: string;
  /** Empty when every member is asked. */
  readonly queueGroup: string;
  /** Anything that does not change. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly requests: number;
  readonly errors: number;
  /** Empty when there was none. */
  readonly lastError: string;
  /** From arrival to answer, of all requests together, in milliseconds. */
  readonly processingMs: number;
}
