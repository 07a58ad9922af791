import { networkConformance } from "@reeve/driver-sdk/conformance";
import { test, vi } from "vitest";
import { nexusBackend } from "./nexus-device.ts";

// A process that is to be killed may take long to start on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

// The two that differ most: ids as text or numbers, ports routed or switched, absent VLANs removed or refused, errors after an error.
for (const personality of ["n9k", "n6k"] as const) {
  const make = () => nexusBackend(personality);
  const cases = networkConformance({
    name: `cisco-net on ${personality}`,
    make,
    without: ["guard", "namespaces"],
    callTimeoutMs: 60_000,
  });
  for (const { name, run } of cases) test.concurrent(name, run);
}
