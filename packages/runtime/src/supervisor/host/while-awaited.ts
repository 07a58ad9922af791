/** What was begun, for as long as somebody waits: rejects with the signal's reason when nobody does, and what was begun goes on. */
export async function whileAwaited<R>(signal: AbortSignal, begun: Promise<R>): Promise<R> {
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  begun.catch(() => undefined);
  try {
    return await Promise.race([begun, left]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
