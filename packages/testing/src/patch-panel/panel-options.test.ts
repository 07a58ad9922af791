import { expect, test } from "vitest";
import type { PatchPanelOptions } from "./panel-options.ts";
import { patchPanel } from "./patch-panel.ts";

test.each<[wrong: object, message: string]>([
  [{ interface: ["port1"] }, "interface: expected one of file, physicalNetworks, "],
  [{ interfaces: ["port1", "port1"] }, 'interfaces: expected each once, got ["port1","port1"]'],
  [{ physicalNetworks: "dc1" }, "physicalNetworks: "],
  [{ usable: [[5, 2]] }, "usable.0: expected the first not to be above the last, got [[5,2]]"],
  [{ reserved: [[0, 2]] }, "reserved.0.0: "],
  [{ mtuMax: -1 }, "mtuMax: "],
  [{ points: ["veth"] }, "points.0: "],
  [{ without: ["vlan"] }, "without.0: "],
])("%j is refused", (wrong, message) => {
  expect(() => patchPanel(wrong as PatchPanelOptions)).toThrow(message);
});

test("options that are left undefined are defaults", () => {
  expect(patchPanel({ interfaces: undefined } as object as PatchPanelOptions).dump()).toHaveLength(16);
});
