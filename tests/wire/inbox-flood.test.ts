import { call, contract } from "@reeve/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({ text: z.string() }), output: z.number() }) });

/** `ring({ text: "a" })` as call 5, without an end to its time. */
const ring = Buffer.from("02dc000291cb0000000000000000950105cb7e37e43c8800759cc081a474657874a161", "hex");
const inboxes = 16_000;

describe.each(transports)("a flood of inboxes, %s", (name) => {
  const house = useHouse(name);

  test.each([
    // 4,096 conversations, and 8,192 of which the highest number is kept: the others are refused.
    ["one caller", () => "mallory", 12_288],
    ["30 callers", (n: number) => `mallory-${n % 30}`, inboxes],
  ])(
    "of %s pushes out nobody else: what another was answered it is answered again",
    async (_, callerOf, taken) => {
      const host = await house.host("tower");
      let rung = 0;
      await host.serve(bells, { operations: { ring: () => ++rung } });
      const [honest, mallory] = [await house.raw("honest"), await house.raw("mallory")];
      const heard: Buffer[] = [];
      let refused = 0;
      mallory.subscribe("_INBOX.mallory.>", ({ data }) => {
        if (Buffer.from(data).includes("CALLER_FULL")) refused++;
      });
      honest.subscribe(`${honest.inbox}.*.*`, ({ data }) => void heard.push(Buffer.from(data)));
      const call = () =>
        honest.publish("reeve.call.bell.v1.ring.any.honest", ring, { reply: `${honest.inbox}.s3cret.1` });
      call();
      await expect.poll(() => heard.length).toBe(1);
      expect(rung).toBe(1);
      for (let n = 0; n < inboxes; n++) {
        const caller = callerOf(n);
        mallory.publish(`reeve.call.bell.v1.ring.any.${caller}`, ring, { reply: `_INBOX.${caller}.${n}.s3cret.1` });
        if (n % 500 === 499) await mallory.flush();
      }
      await expect.poll(() => rung, { timeout: 30_000 }).toBe(taken + 1);
      await expect.poll(() => refused, { timeout: 10_000 }).toBe(inboxes - taken);
      call();
      await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(2);
      expect(rung).toBe(taken + 1);
      expect(heard[1]).toEqual(heard[0]);
    },
    60_000,
  );
});
