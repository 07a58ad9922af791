import type { Message, Transport } from "@reeve/runtime/transport";
import { vi } from "vitest";

/** How long a condition is waited for; far above what it takes. */
export const bound = { timeout: 15_000, interval: 5 };

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = ({ data }: Message): string => new TextDecoder().decode(data);

/** Fills with what arrives. */
export function collect(transport: Transport, subject: string, queue?: string): string[] {
  const got: string[] = [];
  transport.subscribe(subject, (message) => void got.push(text(message)), { queue });
  return got;
}

/** Resolves once every host's subscriptions are known to the broker. */
export async function settled(...hosts: readonly Transport[]): Promise<void> {
  await Promise.all(hosts.map((host) => host.flush()));
}

export const until = (assertion: () => void | Promise<void>): Promise<void> => vi.waitFor(assertion, bound);
