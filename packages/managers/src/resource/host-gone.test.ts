import { ReeveError, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { signOfLife } from "./host-gone.ts";
import { requireDriver } from "./require-driver.ts";

const nobody = reeveError("NO_RESPONDERS", "nobody lives there");
const known = new ReeveError({ ...nobody.toJSON(), message: nobody.message, address: "a@rack" });

test("only where nobody is known to live is a host gone", async () => {
  expect(await signOfLife(Promise.reject(nobody))).toBeUndefined();
  expect(await signOfLife(Promise.reject(known))).toContain("NO_RESPONDERS");
  expect(await signOfLife(Promise.reject(reeveError("DEADLINE_EXCEEDED", "late")))).toContain("DEADLINE_EXCEEDED");
  expect(await signOfLife(Promise.reject(new TypeError("odd")))).toContain("odd");
  expect(await signOfLife(Promise.resolve("a row"))).toBe("it answers");
});

test("work is refused before it begins while the driver is away", () => {
  requireDriver({ driver: { healthy: true }, address: "a@rack" });
  expect(() => requireDriver({ driver: { healthy: false }, address: "a@rack" })).toThrow(
    expect.objectContaining({ reason: "DRIVER_LOST", message: expect.stringContaining("a@rack") }),
  );
});
