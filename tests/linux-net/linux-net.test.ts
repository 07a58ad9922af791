import { networkConformance } from "@reeve/driver-sdk/conformance";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type Kernel, whyNot } from "./kernels.ts";
import { ownCases, vlanCases } from "./own-cases.ts";
import { Reported } from "./reported.ts";

/**
 * The conformance suite and the driver's own cases on real kernels. Most are the same for a flat network, which every kernel
 * carries, and this machine's own starts a program in milliseconds. Those that need VLANs, or ears on a wire, run in a lab kernel,
 * which takes fifty times as long to start one. Two of each, side by side: a kernel waits more than it works while links go.
 */
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

/** What a Linux host does not have: these cases have nothing to hold it to. */
const notOfLinux = ["a device that is full is", "what was saved is there after a restart"];
const labs: readonly (readonly string[])[] = [
  ["ports of one network hear each other", "a network reaches other machines", "the VLANs in the statistics"],
  [
    "another segment for a network",
    "ids that differ in their last letter",
    "the first and the last VLAN",
    "an MTU holds at each end",
    "a flat network is all that is untagged",
    "a place that several ports share",
    "a port that is guarded",
  ],
];
/** In a lab too: there are more ways to meddle with VLANs. */
const alsoInALab = ["what others change of ours"];
/** What takes its time on this machine's kernel. */
const longer = ["at any command", "a thousand ports"];

const names = networkConformance({ name: "linux-net", make: () => Promise.reject(new Error("only names are wanted")) })
  .map(({ name }) => name)
  .filter((name) => !notOfLinux.some((part) => name.includes(part)));
const named = (parts: readonly string[]) => names.filter((name) => parts.some((part) => name.includes(part)));

test("every case that is named here is one of the suite's", () => {
  for (const part of [...labs.flat(), ...alsoInALab]) expect(named([part]), part).toHaveLength(1);
  for (const part of longer) expect(named([part]), part).not.toEqual([]);
});

const flat = names.filter((name) => !named(labs.flat()).includes(name));
const isLong = (name: string) => named(longer).includes(name);
const runs: readonly (readonly [where: string, kernel: Kernel, cases: readonly string[]])[] = [
  ["on this machine's kernel", "flat", [...flat.filter((name) => !isLong(name)), ...Object.keys(ownCases)]],
  ["on this machine's kernel, beside them", "flat", flat.filter(isLong)],
  ["on a kernel with VLAN filtering", "vlan", [...named([...labs[0]!, ...alsoInALab]), ...Object.keys(vlanCases)]],
  ["on another kernel with VLAN filtering", "vlan", named(labs[1]!)],
];

for (const [where, kernel, cases] of runs) {
  const lacking = await whyNot(kernel);
  if (lacking) console.log(`linux-net: ${cases.length} cases are skipped: ${lacking}`);
  describe.skipIf(lacking)(where, () => {
    const script = lacking ? undefined : new Reported(kernel, "cases.fixture.ts", cases);
    afterAll(() => script?.ended());
    for (const name of cases) test.concurrent(name, () => script!.held(name));
  });
}
