import { networkConformance } from "@reeve/driver-sdk/conformance";
import { expect, test, vi } from "vitest";
import { nexusBackend } from "./nexus-device.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A switch has neither: cases of these do not concern it, and no others may be left out. */
const notOffered = /^the driver does not offer (guard|namespaces)$/;

// The two that differ most: ids as text or numbers, ports routed or switched, absent VLANs removed or refused, errors after an error.
for (const personality of ["n9k", "n6k"] as const) {
  const make = () => nexusBackend(personality);
  for (const { name, run } of networkConformance({ name: `cisco-net on ${personality}`, make })) {
    test.concurrent(name, async () => {
      const verdict = await run();
      if (verdict !== "held") expect(verdict.skipped).toMatch(notOffered);
    });
  }
}
