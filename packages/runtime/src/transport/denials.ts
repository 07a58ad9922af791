import { Listeners } from "./listeners.ts";

/** A right that the broker does not give this client. */
export interface Denial {
  readonly right: "publish" | "subscribe";
  /** With a `*` or `>` where one denial stands for many subjects alike. */
  readonly subject: string;
}

/** More are not kept: what is denied by then says enough. */
const most = 256;

/** What a broker forbids a client now, as far as it was tried; told at each change. */
export class Denials {
  readonly #standing = new Map<string, Denial>();
  readonly #listeners = new Listeners<void>();
  readonly #refusals = new Listeners<Denial>();
  readonly #onThrow: (cause: unknown) => void;

  constructor(onThrow: (cause: unknown) => void) {
    this.#onThrow = onThrow;
  }

  get all(): readonly Denial[] {
    return [...this.#standing.values()];
  }

  get size(): number {
    return this.#standing.size;
  }

  has(right: Denial["right"], subject: string): boolean {
    return this.#standing.has(`${right} ${subject}`);
  }

  /** Tells of each refusal, by the very subject, also where that is no news. */
  onRefused(listener: (refused: Denial) => void): () => void {
    return this.#refusals.add(listener);
  }

  refused(denial: Denial): void {
    this.#refusals.tell(denial, this.#onThrow);
  }

  /** Whether that is news. */
  add({ right, subject }: Denial): boolean {
    const key = `${right} ${subject}`;
    if (this.#standing.has(key) || this.#standing.size >= most) return false;
    this.#standing.set(key, { right, subject });
    this.#tell();
    return true;
  }

  remove({ right, subject }: Denial): void {
    if (this.#standing.delete(`${right} ${subject}`)) this.#tell();
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  #tell(): void {
    this.#listeners.tell(undefined, this.#onThrow);
  }
}

/** A name that is made up for one process or one message. */
const madeUp = /^[0-9A-HJKMNP-TV-Z]{26}(?:-host)?$/;

/**
 * One subject for all that a broker would permit alike: without the names that are made up anew all the time.
 *
 * @example
 * ```ts
 * const kind = alike("_INBOX.web-1.nonce.7"); // "_INBOX.web-1.>"
 * ```
 */
export function alike(subject: string): string {
  const tokens = subject.split(".");
  if (tokens[0] === "_INBOX") return `${tokens.slice(0, 2).join(".")}.>`;
  return tokens.map((token) => (madeUp.test(token) ? "*" : token)).join(".");
}
