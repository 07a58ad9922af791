/** `312 ms`, `1.3 s`. */
export function formatMs(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `64 MiB`, `1.5 GiB`. */
export function formatGiB(sizeGiB: number): string {
  return sizeGiB < 1 ? `${sizeGiB * 1024} MiB` : `${Number(sizeGiB.toFixed(1))} GiB`;
}

/** One line that says what went wrong. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
