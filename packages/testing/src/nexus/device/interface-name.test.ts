import { expect, test } from "vitest";
import { compareInterfaces, parseInterfaces, shortName } from "./interface-name.ts";

test.each([
  ["Ethernet1/1", ["Ethernet1/1"]],
  ["e1/1", ["Ethernet1/1"]],
  ["Eth 1/1-3", ["Ethernet1/1", "Ethernet1/2", "Ethernet1/3"]],
  ["ethernet101/1/13-14", ["Ethernet101/1/13", "Ethernet101/1/14"]],
  ["po10", ["port-channel10"]],
  ["port-channel 10-11, e1/7", ["port-channel10", "port-channel11", "Ethernet1/7"]],
])("%j means %j", (typed, names) => {
  expect(parseInterfaces(typed)).toEqual(names);
});

test.each(["Ethernet", "Ethernet1", "port-channel1/1", "vlan7", "e1/3-1", "e1/1/1/1", "", "1/1", "x1/1"])(
  "%j is no interface",
  (typed) => {
    expect(() => parseInterfaces(typed)).toThrow("Invalid interface format");
  },
);

test("port channels come first, and numbers are compared as numbers", () => {
  const names = ["Ethernet1/10", "Ethernet1/9", "port-channel2", "Ethernet101/1/1", "port-channel1"];
  expect(names.sort(compareInterfaces)).toEqual([
    "port-channel1",
    "port-channel2",
    "Ethernet1/9",
    "Ethernet1/10",
    "Ethernet101/1/1",
  ]);
  expect(shortName("port-channel2")).toBe("Po2");
});
