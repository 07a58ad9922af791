import { networkConformance } from "@reeve/driver-sdk/conformance";
import { test, vi } from "vitest";
import { nexusBackend } from "./nexus-device.ts";

vi.setConfig({ testTimeout: 60_000 });

const cases = networkConformance({ name: "cisco-net", make: () => nexusBackend("n9k") });
for (const { name, run } of cases) test.concurrent(name, run);
