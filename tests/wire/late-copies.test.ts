import { call, contract } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const lamps = contract("lamp", "1.0", {
  turn: call({ input: z.object({ on: z.boolean() }), idempotent: true }),
  wait: call({ input: z.object({}) }),
  isOn: call({ input: z.object({}), output: z.boolean() }),
});

describe.each(transports)("copies that come late, %s", (name) => {
  const house = useHouse(name);

  test.each([false, true])(
    "what an idempotent call did stays undone when a copy of it comes after a later one; with another still open: %s",
    async (isOneOpen) => {
      let on = false;
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const server = await house.host("server");
      await server.serve(lamps, {
        operations: {
          turn: (input: { on: boolean }) => {
            on = input.on;
          },
          wait: () => released,
          isOn: () => on,
        },
      });
      const sent: (() => void)[] = [];
      const client = await house.host("client", { wrap: (inner) => remembering(inner, ".turn.", sent) });
      const lamp = client.ref(lamps);
      expect(await lamp.isOn({})).toBe(false);
      const waiting = isOneOpen ? lamp.wait({}) : undefined;
      await lamp.turn({ on: true });
      await lamp.turn({ on: false });
      expect(sent).toHaveLength(2);
      sent[0]!();
      expect(await lamp.isOn({})).toBe(false);
      release();
      await waiting;
    },
  );
});

/** A transport that can say again what it has said. */
function remembering(inner: Transport, part: string, sent: (() => void)[]): Transport {
  const publish: Transport["publish"] = (subject, data, options) => {
    const copy = Uint8Array.from(data);
    if (subject.includes(part)) sent.push(() => inner.publish(subject, copy, options));
    inner.publish(subject, data, options);
  };
  return new Proxy(inner, {
    get(target, property) {
      if (property === "publish") return publish;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
