import { expect, test } from "vitest";
import { readReservedVlans } from "./reserved-vlans.ts";
import { readUptime } from "./uptime.ts";

test("an uptime is the sum of its parts, numbers or text; without one of them it is not known", () => {
  const parts = { kern_uptm_days: 1, kern_uptm_hrs: "2", kern_uptm_mins: 3, kern_uptm_secs: 4 };
  expect(readUptime(parts)).toBe(86_400 + 2 * 3_600 + 3 * 60 + 4);
  for (const name of Object.keys(parts)) expect(() => readUptime({ ...parts, [name]: undefined })).toThrow(/how long/);
});

test("what is reserved is VLAN 1, the last two, and the blocks of now and of after the next restart", () => {
  expect([...readReservedVlans("system current running vlan reservation: 3968-4095\n")].length).toBe(1 + 127);
  const both = readReservedVlans(
    "system current running vlan reservation: 3968-4095\n\nsystem future running vlan reservation: 400-527\n",
  );
  expect([1, 400, 527, 3968, 4093, 4094].every((id) => both.has(id))).toBe(true);
  expect([2, 399, 528, 3967, 4095].some((id) => both.has(id))).toBe(false);
  for (const text of ["", "none", "system current running vlan reservation: soon"])
    expect(() => readReservedVlans(text), text).toThrow(/expected ids/);
});
