import { inspect } from "node:util";
import { call, contract } from "@reeve/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const bells = contract("bell", "1.0", {
  ring: call({ input: z.object({}), errors: { CRACKED: z.object({}) } }),
});

describe.each(transports)("an error of another process, %s", (name) => {
  const house = useHouse(name);

  test("has a frame of whoever awaits the call, and none of the runtime", async () => {
    const host = await house.host("tower");
    await host.serve(bells, { operations: { ring: (_: unknown, ctx: any) => ctx.fail("CRACKED", {}) } });
    const ref = (await house.host("town")).ref(bells);
    async function ringTheBell() {
      await ref.ring({});
    }
    const error = await ringTheBell().catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ reason: "CRACKED" });
    const printed = inspect(error);
    expect(printed).toMatch(/^ReeveError: ring: CRACKED\n/);
    expect(printed).toMatch(/ringTheBell \(.*caller-frames\.test\.ts/);
    expect(printed).not.toContain("Symbol(");
    expect((error as Error).stack).not.toContain("packages/runtime");
  });

  async function cracked() {
    const host = await house.host("tower");
    await host.serve(bells, {
      operations: {
        ring: function hiddenInTheTower(_: unknown, ctx: any) {
          ctx.fail("CRACKED", {});
        },
      },
    });
    return (await house.host("town")).ref(bells);
  }

  test("says nothing of where it was thrown", async () => {
    const ref = await cracked();
    const error = await ref.ring({}).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(inspect(error, { depth: 10 })).not.toContain("hiddenInTheTower");
  });

  test("shows who awaits all()", async () => {
    const ref = await cracked();
    async function askAll() {
      return await ref.all().ring({});
    }
    const [answer] = await askAll();
    expect((answer as unknown as { reason: Error }).reason.stack).toMatch(/askAll \(.*caller-frames\.test\.ts/);
  });
});
