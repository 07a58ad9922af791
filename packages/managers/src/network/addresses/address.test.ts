import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ip, Mac } from "../network.ts";
import { addressOf, hexOf, readAddress, textOf } from "./address.ts";

const upTo = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const v4 = fc.record({ version: fc.constant(4 as const), value: upTo(32) });
const v6 = fc
  .record({ version: fc.constant(6 as const), value: upTo(128) })
  .filter(({ value }) => value >> 32n !== 0xffffn);
/** With runs of zero groups, which is what shortening is about. */
const sparse = fc
  .array(fc.constantFrom(0n, 0n, 1n, 0xffffn), { minLength: 8, maxLength: 8 })
  .map((groups) => ({ version: 6 as const, value: groups.reduce((sum: bigint, group) => (sum << 16n) | group, 0n) }))
  .filter(({ value }) => value >> 32n !== 0xffffn);

describe("an address", () => {
  it("is what its text says, and its text what RFC 5952 says", () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6, sparse), (address) => {
        const text = textOf(address);
        expect(addressOf(text)).toEqual(address);
        // The URL standard serializes IPv6 by the same rules.
        if (address.version === 6) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
    );
  });

  it("sorts as 32 hexadecimal digits as it does as a number", () => {
    fc.assert(
      fc.property(fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6)), ([one, other]) => {
        expect(hexOf(one)).toMatch(/^[0-9a-f]{32}$/);
        expect(hexOf(one) < hexOf(other)).toBe(one.value < other.value);
      }),
    );
  });

  it.each([
    ["010.0.0.1", /such as 10\.0\.0\.7 .*got "010\.0\.0\.1"/],
    ["0x0a.0.0.1", /got "0x0a/],
    ["10.1", /got "10\.1"/],
    ["10.0.0.256", /got "10\.0\.0\.256"/],
    [" 10.0.0.1", /got " 10/],
    ["10.0.0.1 ", /got "10\.0\.0\.1 "/],
    ["10.0.0.1/24", /got "10\.0\.0\.1\/24"/],
    ["fe80::1%eth0", /without a zone, got "fe80::1%eth0"/],
    ["::ffff:10.0.0.1", /IPv4 address itself/],
    ["::ffff:a00:1", /IPv4 address itself/],
    ["", /got ""/],
    ["x".repeat(500), /got "x{60}…"/],
  ])("is refused as %j", (text, why) => {
    expect(readAddress(text)).toEqual({ why: expect.stringMatching(why) });
    expect(Ip.safeParse(text).error?.issues[0]?.message).toMatch(why);
  });

  it("comes to handlers in its canonical text", () => {
    expect(Ip.parse("FD00:0:0::00A")).toBe("fd00::a");
    expect(Ip.parse("10.0.0.7")).toBe("10.0.0.7");
  });
});

describe("a MAC", () => {
  it("comes to handlers in lower case", () => expect(Mac.parse("FA:16:3E:00:00:0A")).toBe("fa:16:3e:00:00:0a"));

  it.each(["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "FB:16:3E:00:00:01"])("is refused as a group's: %s", (mac) => {
    expect(Mac.safeParse(mac).error?.issues[0]?.message).toMatch(/one interface/);
  });

  it.each(["00:00:00:00:00:00", "fa-16-3e-00-00-01", "fa:16:3e:00:00", "fa:16:3e:00:00:01\n", ""])(
    "is refused as %j",
    (mac) => expect(Mac.safeParse(mac).success).toBe(false),
  );
});
