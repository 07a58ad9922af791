/**
 * How a thread makes a connection of its own to the same broker, as the same caller.
 *
 * @example
 * ```ts
 * // tape-thread.ts, what the thread loads: `export const openTransport = (options) => new TapeTransport(options);`
 * const forThread = (): ThreadTransport => ({
 *   module: String(new URL("./tape-thread.ts", import.meta.url)),
 *   data: { device: "/dev/tape0" },
 * });
 * ```
 */
export interface ThreadTransport {
  /**
   * The module that the thread loads: the URL of its file, or the text of a CommonJS module with all that it imports in
   * it, which survives a user's bundler. It exports `openTransport(data)`, which makes a `Transport`.
   */
  readonly module: string;
  /** What `openTransport` is given: plain data, as `structuredClone` copies it. */
  readonly data: unknown;
}
