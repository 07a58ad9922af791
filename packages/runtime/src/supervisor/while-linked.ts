import type { Transport } from "../transport/transport.ts";

/** Resolves with the promise, or when the link is lost. */
export async function whileLinked(link: Pick<Transport, "onLink">, promise: Promise<void>): Promise<void> {
  let stop = () => {};
  const lost = new Promise<void>((resolve) => {
    stop = link.onLink((up) => !up && resolve());
  });
  await Promise.race([promise, lost]).finally(stop);
}
