import { expect, test } from "vitest";
import { ip, ipIn, lineOf, textOf, withoutIpv6 } from "./command.ts";

test("a line is what a person would type", () => {
  expect(textOf(ip("", "link", "set", "dev", "rvp1", "alias", "reeve pa nb"))).toBe(
    `ip link set dev rvp1 alias "reeve pa nb"`,
  );
  expect(textOf(ipIn("blue", "", "address", "replace", "fd00::1/64", "dev", "eth0"))).toBe(
    "ip -n blue address replace fd00::1/64 dev eth0",
  );
  expect(textOf(withoutIpv6("", "rvp1"))).toBe("sysctl -w net.ipv6.conf.rvp1.disable_ipv6=1");
});

test.each(["a\nlink del dev lo", "a#b", 'a"b', "a'b", "a\\", "a;b", "", "$(reboot)", "ä"])(
  "%j gets into no line",
  (arg) => {
    expect(() => lineOf(["link", "del", "dev", arg])).toThrow(TypeError);
  },
);
