import { afterAll, describe, test, vi } from "vitest";
import { whyNot } from "./kernels.ts";
import { ownCases, vlanCases } from "./own-cases.ts";
import { Reported } from "./reported.ts";

vi.setConfig({ testTimeout: 200_000, hookTimeout: 200_000 });

for (const [where, kernel, cases] of [
  ["linux-net on this machine's kernel", "flat", ownCases],
  ["linux-net on a kernel with VLAN filtering", "vlan", vlanCases],
] as const) {
  const names = Object.keys(cases);
  const lacking = await whyNot(kernel);
  if (lacking) console.log(`linux-net: ${names.length} tests are skipped: ${lacking}`);
  describe.skipIf(lacking)(where, () => {
    const script = lacking ? undefined : new Reported(kernel, "own-cases.fixture.ts", names);
    afterAll(() => script?.ended());
    for (const name of names) test.concurrent(name, () => script!.held(name));
  });
}
