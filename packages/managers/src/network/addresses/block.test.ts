import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textOf } from "./address.ts";
import { blockOf, cidrOf, hostsOf, readBlock } from "./block.ts";

describe("a block", () => {
  it.each([
    ["10.0.0.0/24", "10.0.0.0/24", "10.0.0.1", "10.0.0.254"],
    ["10.0.0.0/30", "10.0.0.0/30", "10.0.0.1", "10.0.0.2"],
    ["10.0.0.0/31", "10.0.0.0/31", "10.0.0.0", "10.0.0.1"],
    ["10.0.0.9/32", "10.0.0.9/32", "10.0.0.9", "10.0.0.9"],
    ["FD00:0::/64", "fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff"],
    ["fd00::/126", "fd00::/126", "fd00::1", "fd00::3"],
    ["fd00::/127", "fd00::/127", "fd00::", "fd00::1"],
    ["fd00::7/128", "fd00::7/128", "fd00::7", "fd00::7"],
  ])("%s is %s with the hosts %s to %s", (text, cidr, first, last) => {
    const block = blockOf(text);
    const hosts = hostsOf(block);
    expect(cidrOf(block)).toBe(cidr);
    expect(textOf({ version: block.version, value: hosts.first })).toBe(first);
    expect(textOf({ version: block.version, value: hosts.last })).toBe(last);
  });

  it("holds as many addresses as its prefix length leaves", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), (prefix, value) => {
        const size = 2n ** BigInt(32 - prefix);
        const read = readBlock(`${textOf({ version: 4, value: value - (value % size) })}/${prefix}`);
        // Blocks that no host can have an address of are refused.
        if ("why" in read) expect(read.why).toMatch(/^expected a block without/);
        else
          expect(read).toEqual({
            version: 4,
            prefix,
            first: value - (value % size),
            last: value - (value % size) + size - 1n,
          });
      }),
    );
  });

  it.each([
    ["10.0.0.0", /prefix length, such as/],
    ["10.0.0.0/", /prefix length, such as/],
    ["10.0.0.0/-1", /prefix length, such as/],
    ["10.0.0.0/24/24", /got "10\.0\.0\.0\/24"/],
    ["10.0.0.0/024", /from 1 to 32, got 024/],
    ["10.0.0.0/33", /from 1 to 32, got 33/],
    ["fd00::/129", /from 1 to 128, got 129/],
    ["0.0.0.0/0", /from 1 to 32, got 0/],
    ["::/0", /from 1 to 128, got 0/],
    ["10.0.0.1/24", /first address of the block, 10\.0\.0\.0\/24, got "10\.0\.0\.1\/24"/],
    ["fd00::1/64", /first address of the block, fd00::\/64/],
    ["010.0.0.0/24", /got "010\.0\.0\.0"/],
    ["fe80::%eth0/64", /without a zone/],
    ["::ffff:10.0.0.0/120", /IPv4 address itself/],
    ["::/80", /without ::\/127/],
    ["::/64", /without ::\/127/],
    ["127.0.0.0/24", /loopback/],
    ["0.0.0.0/1", /without 0\.0\.0\.0\/8/],
    ["224.0.0.0/24", /multicast/],
    ["ff02::/64", /multicast/],
    ["fe80::/64", /link-local/],
    ["10.0.0.0/24\n", /prefix length, such as/],
    ["", /prefix length, such as/],
  ])("is refused as %j", (text, why) => {
    expect(readBlock(text)).toEqual({ why: expect.stringMatching(why) });
  });
});
