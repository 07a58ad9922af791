import { expect, test } from "vitest";
import { defaultName, readVlanTable } from "./vlan-table.ts";

const row = (id: number | string, more: object = {}) => ({
  "vlanshowbr-vlanid": id,
  "vlanshowbr-vlanid-utf": id,
  "vlanshowbr-vlanname": id === 1 || id === "1" ? "default" : `name-${id}`,
  "vlanshowbr-vlanstate": "active",
  "vlanshowbr-shutstate": "noshutdown",
  ...more,
});
const table = (rows: unknown) => ({ TABLE_vlanbrief: { ROW_vlanbrief: rows } });

test("one row is an object, several are an array, ids are numbers or text", () => {
  expect([...readVlanTable(table(row("1"))).keys()]).toEqual([1]);
  expect([...readVlanTable(table([row(1), row(7)])).values()]).toEqual([
    { id: 1, name: "default", active: true },
    { id: 7, name: "name-7", active: true },
  ]);
  expect([...readVlanTable({ TABLE_vlanbriefxbrief: { ROW_vlanbriefxbrief: [row("1"), row("7")] } }).keys()]).toEqual([
    1, 7,
  ]);
});

test("an id with its bytes swapped is read from its other form, and a table that is there twice is one", () => {
  const swapped = row("1", { "vlanshowbr-vlanid": "16777216" });
  expect([
    ...readVlanTable({ TABLE_vlanbrief: [{ ROW_vlanbrief: swapped }, { ROW_vlanbrief: swapped }] }).keys(),
  ]).toEqual([1]);
  expect(() => readVlanTable(table([row(1), { "vlanshowbr-vlanid": 16_777_216 }]))).toThrow(/id from 1 to 4094/);
});

test("what is suspended or shut down is not active; what has no name has the switch's own", () => {
  const vlans = readVlanTable(
    table([
      row(1),
      row(2, { "vlanshowbr-vlanstate": "suspend" }),
      row(3, { "vlanshowbr-shutstate": "shutdown" }),
      row(4, { "vlanshowbr-vlanname": undefined }),
    ]),
  );
  expect([...vlans.values()].map(({ active }) => active)).toEqual([true, false, false, true]);
  expect(vlans.get(4)?.name).toBe(defaultName(4));
  expect(defaultName(4)).toBe("VLAN0004");
});

test.each([{}, "", undefined, table([]), table([row(7)]), { TABLE_vlanbrief: "" }])(
  "a table without VLAN 1 is not believed: %j",
  (body) => {
    expect(() => readVlanTable(body)).toThrow(/VLAN 1 is not in it/);
  },
);
