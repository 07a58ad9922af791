import { expect, test } from "vitest";
import { commands } from "./command.ts";
import { matchCommand } from "./match.ts";

const table = [
  ...commands("exec", "show", {
    "show vlan": () => undefined,
    "show version": () => undefined,
    "show interface status": () => undefined,
    "show interface switchport": () => undefined,
    "show interface <interface> switchport": () => undefined,
    exit: () => undefined,
  }),
  ...commands("config", "configure", { "vlan <vlans>": () => undefined, "no vlan <vlans>": () => undefined }),
  ...commands("interface", "configure", { "description <text...>": () => undefined, "vlan exempt": () => undefined }),
];

const meant = (line: string, mode: "exec" | "config" | "interface" = "exec") => {
  const { command, words } = matchCommand(table, mode, line);
  return [command.pattern, words];
};

test("keywords may be shortened as long as one command is meant", () => {
  expect(meant("sh vl")).toEqual(["show vlan", {}]);
  expect(meant("SHOW Interface st")).toEqual(["show interface status", {}]);
  expect(() => meant("sh v")).toThrow("% Ambiguous command");
  expect(() => meant("sh int s")).toThrow("% Ambiguous command");
});

test("an interface is one word, with a space in it or without", () => {
  expect(meant("sh int ethernet 1/1 sw")[1]).toEqual({ interface: "ethernet 1/1" });
  expect(meant("sh int e1/1 switchport")[1]).toEqual({ interface: "e1/1" });
});

test("the rest of a line is one name, a word is not", () => {
  expect(meant("description to host 7", "interface")[1]).toEqual({ text: "to host 7" });
  expect(() => meant("vlan 7 8")).toThrow("% Invalid command");
});

test("a mode's own commands come before those of configuration, and these work from every mode", () => {
  expect(meant("vlan exempt", "interface")[0]).toBe("vlan exempt");
  expect(meant("vlan 7", "interface")).toEqual(["vlan <vlans>", { vlans: "7" }]);
  expect(meant("exit", "interface")[0]).toBe("exit");
  expect(() => meant("description x", "config")).toThrow("% Invalid command");
});
