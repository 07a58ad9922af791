import { networkConformance } from "@reeve/driver-sdk/conformance";
import { test, vi } from "vitest";
import { nexusBackend } from "./nexus-device.ts";

vi.setConfig({ testTimeout: 60_000 });

// The two that differ most: ids as text or numbers, ports routed or switched, absent VLANs removed or refused, errors after an error.
for (const personality of ["n9k", "n6k"] as const) {
  const make = () => nexusBackend(personality);
  for (const { name, run } of networkConformance({ name: `cisco-net on ${personality}`, make }))
    test.concurrent(name, run);
}
