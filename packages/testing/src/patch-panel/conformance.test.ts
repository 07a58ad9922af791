import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkConformance } from "@reeve/driver-sdk/conformance";
import { afterAll, describe, expect, test, vi } from "vitest";
import { panelBackend } from "./panel-backend.fixture.ts";

const scratch = await mkdtemp(join(tmpdir(), "reeve-panel-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));
let files = 0;

const ofTheDead = /a process that is killed/;

describe("in memory", () => {
  for (const { name, run } of networkConformance({ name: "patch panel", make: () => panelBackend(), crowd: 300 }))
    if (!ofTheDead.test(name)) test.concurrent(name, run);
});

describe("in a file", () => {
  const make = () => panelBackend({ file: join(scratch, `panel-${files++}`) });
  for (const { name, run } of networkConformance({ name: "patch panel", make, crowd: 50 }))
    if (ofTheDead.test(name)) test.concurrent(name, run);
});

/** What a device without VLANs has nothing to hold to: it has one network, or two physical ones. */
const skippedWithoutVlans = [
  /^another segment for a network/,
  /^ids that differ/,
  /^the first and the last VLAN/,
  /^an MTU holds at each end/,
  /^the VLANs in the statistics/,
  /^a device that is full/,
  /^ports of one network/,
  /^a network reaches other machines/,
  /^a place that several ports share/,
];

describe("with flat networks only", () => {
  const make = () => panelBackend({ without: ["vlans"] });
  for (const { name, run } of networkConformance({ name: "flat panel", make, crowd: 50 })) {
    if (ofTheDead.test(name)) continue;
    const isSkipped = skippedWithoutVlans.some((promise) => promise.test(name.replace("flat panel: ", "")));
    test.concurrent(name, async () => {
      const skip = vi.fn();
      const verdict = await run({ skip });
      expect(verdict).toEqual(isSkipped ? { skipped: expect.stringMatching(/vlans|takes no room/) } : "held");
      expect(skip.mock.calls).toEqual(verdict === "held" ? [] : [[verdict.skipped]]);
    });
  }
});

test("the cases have names before there is a device, and no two the same", () => {
  const make = vi.fn();
  const names = networkConformance({ name: "any", make }).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(make).not.toHaveBeenCalled();
});
