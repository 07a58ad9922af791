import { seededRandom } from "@reeve/runtime/internal";
import { expect, it } from "vitest";
import { Mac } from "../network.ts";
import { generatedMac } from "./generated-mac.ts";

it("makes MACs of one interface, another each time", () => {
  const random = seededRandom(1);
  const macs = Array.from({ length: 100 }, () => generatedMac(random));
  for (const mac of macs) expect(Mac.parse(mac)).toMatch(/^fa:16:3e:/);
  expect(new Set(macs).size).toBe(100);
  expect(generatedMac(() => 0)).toBe("fa:16:3e:00:00:00");
  expect(generatedMac(() => 1 - Number.EPSILON / 2)).toBe("fa:16:3e:ff:ff:ff");
});
