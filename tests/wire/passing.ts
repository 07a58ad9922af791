import type { Transport } from "@reeve/runtime/transport";
import type { ManualClock } from "@reeve/testing";
import { turns } from "../kit/turn.ts";

/** What has been published by now is with the broker, and what came back for it was handed over. */
export async function settle(...links: readonly Transport[]): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await turns();
    for (const link of links) if (link.connected) await link.flush().catch(() => undefined);
  }
  await turns();
}

/** Time goes by; whatever is sent in one second has come to where it goes before the next. */
export async function pass(clock: ManualClock, ms: number, ...links: readonly Transport[]): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await clock.advance(Math.min(left, 1_000));
    await settle(...links);
  }
}

/** A transport on which a test looks at each publish before it goes, and says where to. */
export function redirected(inner: Transport, subjectOf: (subject: string, data: Uint8Array) => string): Transport {
  const publish: Transport["publish"] = (subject, data, options) =>
    inner.publish(subjectOf(subject, data), data, options);
  return new Proxy(inner, {
    get(target, name) {
      if (name === "publish") return publish;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
