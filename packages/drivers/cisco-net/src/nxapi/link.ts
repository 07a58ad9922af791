/** One exchange with a switch. */
export interface LinkRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the waiting; the switch may go on. */
  readonly signal: AbortSignal;
}

export interface LinkAnswer {
  readonly status: number;
  /** The values of `set-cookie`. */
  readonly cookies: readonly string[];
  /** Whole. */
  readonly text: string;
}

/**
 * The way to a switch: takes one request there, once. Tests get between the driver and its switch here; another way, such as one
 * through a proxy, can be given as well.
 */
export interface Link {
  /** @throws LinkError when no whole answer came */
  post(request: LinkRequest): Promise<LinkAnswer>;
  close(): Promise<void>;
}

/** No whole answer came. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  /** Whether the switch may have read the request, and so may run it, now or later. */
  readonly sent: boolean;

  constructor(message: string, { sent, cause }: { readonly sent: boolean; readonly cause?: unknown }) {
    super(message, { cause });
    this.sent = sent;
  }
}
