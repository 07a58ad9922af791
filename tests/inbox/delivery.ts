import type { Transport } from "@reeve/runtime/transport";

export interface Delivery {
  readonly id: string;
  readonly input: object;
  readonly acknowledges?: readonly string[];
  /** Default `barn`. */
  readonly manager?: string;
  /** Default `barn-01`. */
  readonly address?: string;
}

export interface Told {
  /** Undefined where it was carried out. */
  readonly reason: string | undefined;
  readonly outcome: string | undefined;
  readonly retryable: boolean | undefined;
}

let deliveries = 0;

/** Delivers a cast as any client can, in plain JSON, and resolves with what it is told. */
export function deliver(transport: Transport, operation: string, delivery: Delivery): Promise<Told> {
  const { id, input, acknowledges, manager = "barn", address = "barn-01" } = delivery;
  const reply = `${transport.inbox}.${++deliveries}`;
  const { promise, resolve } = Promise.withResolvers<Told>();
  const subscription = transport.subscribe(reply, ({ data, headers, noResponders }) => {
    subscription.unsubscribe();
    const { reason, outcome, retryable } = noResponders
      ? { reason: "NO_RESPONDERS", outcome: "never-sent", retryable: true }
      : headers?.["Reeve-Reason"]
        ? JSON.parse(new TextDecoder().decode(data))
        : {};
    resolve({ reason, outcome, retryable });
  });
  const headers = {
    "Reeve-Idempotency-Key": `cast-${id}`,
    ...(acknowledges && { "Reeve-Acknowledges": acknowledges.join(",") }),
  };
  const body = new TextEncoder().encode(JSON.stringify(input));
  transport.publish(`reeve.call.${manager}.v1.${operation}.${address}.${transport.caller}`, body, { reply, headers });
  return promise;
}

/** The same again and again, until what it is told is the last word. */
export async function deliverUntilSettled(transport: Transport, operation: string, delivery: Delivery): Promise<Told> {
  for (;;) {
    const told = await deliver(transport, operation, delivery);
    if (told.retryable !== true) return told;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
