import { expect, test } from "vitest";
import { millHouse } from "./mill.ts";

test("what a member that is cut off had begun is finished by another, once; it starts anew, and its old life writes nothing", async () => {
  const { host, until, witness, grindOn, clock } = millHouse();
  const [a, b, c] = [await host("a"), await host("b"), await host("c")];
  const grinding = b.ref.at("b").grind({ id: "s1" }, { idempotencyKey: "k1" });
  const outcome = grinding.catch((error: unknown) => error);
  await clock.advance(15_000);
  expect(b.epoch()).toBe(1);
  b.link.cut();
  await until(() => witness.cleaned.length > 0, 16_000);
  expect(witness.cleaned).toHaveLength(1);
  expect(witness.cleaned[0]).toMatch(/^s1 by [ac]$/);
  await until(() => b.epoch() === 3, 5_000);
  grindOn();
  expect(await outcome).toMatchObject({ outcome: "maybe-executed" });
  await clock.advance(30_000);
  expect(witness.cleaned).toHaveLength(1);
  // At any member, with what its recovery made of it.
  const by = witness.cleaned[0]!.slice(-1);
  for (const { ref, name } of [a, c])
    expect(await ref.at(name).grind({ id: "s1" }, { idempotencyKey: "k1" })).toBe(`recovered by ${by}`);
});
