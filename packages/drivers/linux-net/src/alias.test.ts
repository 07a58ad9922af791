import type { AttachmentSpec } from "@reeve/driver-sdk/network";
import fc from "fast-check";
import { expect, test } from "vitest";
import { aliasOf, formatPortAlias, formatSegmentAlias, parsePortAlias, parseSegmentAlias, samePort } from "./alias.ts";

const id = fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/);
const segment = fc.oneof(
  fc.constant({ kind: "flat" } as const),
  fc.record({ kind: fc.constant("vlan" as const), vlanId: fc.integer({ min: 1, max: 4094 }) }),
);
const physicalNetwork = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const spec = fc.record({
  portId: id,
  networkId: id,
  generation: fc.maxSafeNat(),
  segment,
  physicalNetwork,
  mac: fc.constantFrom("fa:16:3e:00:00:01", "fa:16:3e:00:00:02"),
  point: fc.oneof(
    fc.constant({ kind: "tap" } as const),
    fc.record({ kind: fc.constant("netns" as const), interface: fc.constantFrom("eth0", "abcdefghijklmno") }),
  ),
}) as fc.Arbitrary<AttachmentSpec>;

test("an alias says again what it was made of, and fits into the kernel's 255 bytes", () => {
  fc.assert(
    fc.property(spec, (port) => {
      const alias = aliasOf(port);
      expect(parsePortAlias(formatPortAlias(alias))).toEqual(alias);
      expect(Buffer.byteLength(formatPortAlias(alias))).toBeLessThanOrEqual(255);
      const { networkId, segment, physicalNetwork } = port;
      const known = { networkId, segment, physicalNetwork };
      expect(parseSegmentAlias(formatSegmentAlias(known))).toEqual(known);
    }),
  );
});

test("the longest of all fits too", () => {
  const x = "x".repeat(64);
  const longest = {
    portId: x,
    networkId: x,
    generation: Number.MAX_SAFE_INTEGER,
    segment: { kind: "vlan", vlanId: 4094 },
    physicalNetwork: x.slice(1),
    interface: x.slice(0, 15),
    digest: "01234567",
  } as const;
  expect(formatPortAlias(longest).length).toBe(253);
});

test("another's words are nothing to us", () => {
  for (const words of [undefined, "", "uplink to rack 7", "reeve", "reeve p n g v w i h", "reeve na v1x wdc1"]) {
    expect(parsePortAlias(words)).toBeUndefined();
    expect(parseSegmentAlias(words)).toBeUndefined();
  }
});

test("a port is the same with another generation, and another with another MAC or point", () => {
  const [port] = fc.sample(spec, { numRuns: 1, seed: 1 });
  const alias = aliasOf(port!);
  expect(samePort(alias, aliasOf({ ...port!, generation: port!.generation + 1 }))).toBe(true);
  expect(samePort(alias, aliasOf({ ...port!, mac: "fa:16:3e:00:00:09" }))).toBe(false);
  expect(samePort(alias, aliasOf({ ...port!, point: { kind: "netns", interface: "other" } }))).toBe(false);
});
