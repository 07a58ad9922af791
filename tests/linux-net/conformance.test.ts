import { networkConformance } from "@reeve/driver-sdk/conformance";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type Kernel, whyNot } from "./kernels.ts";
import { Reported } from "./reported.ts";

/**
 * The conformance suite on real kernels. Most cases are the same for a flat network, which every kernel carries, and a kernel that
 * is this machine's own starts a program in milliseconds; those that need VLANs, or ears on a wire, run in a lab kernel.
 */
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

/** What a Linux host does not have: these cases have nothing to hold it to. */
const notOfLinux = ["a device that is full is", "what was saved is there after a restart"];
const inTheLab = [
  "another segment for a network",
  "ids that differ in their last letter",
  "the first and the last VLAN",
  "an MTU holds at each end",
  "the VLANs in the statistics",
  "ports of one network hear each other",
  "a network reaches other machines",
  "a flat network is all that is untagged",
  "a place that several ports share",
  "a port that is guarded",
];

const names = networkConformance({ name: "linux-net", make: () => Promise.reject(new Error("only names are wanted")) })
  .map(({ name }) => name)
  .filter((name) => !notOfLinux.some((part) => name.includes(part)));
const ofLab = names.filter((name) => inTheLab.some((part) => name.includes(part)));

test("every case that is named here is one of the suite's", () => {
  expect(ofLab.length).toBe(inTheLab.length);
});

for (const [kernel, cases] of [
  ["flat", names.filter((name) => !ofLab.includes(name))],
  ["vlan", ofLab],
] as const satisfies (readonly [Kernel, readonly string[]])[]) {
  const lacking = await whyNot(kernel);
  if (lacking) console.log(`linux-net: ${cases.length} cases of conformance are skipped: ${lacking}`);
  describe.skipIf(lacking)(kernel === "flat" ? "on this machine's kernel" : "on a kernel with VLAN filtering", () => {
    const script = lacking ? undefined : new Reported(kernel, "conformance.fixture.ts", cases);
    afterAll(() => script?.ended());
    for (const name of cases) test.concurrent(name, () => script!.held(name));
  });
}
