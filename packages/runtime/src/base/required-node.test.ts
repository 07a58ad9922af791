import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { requiredNode, requireNode } from "./required-node.ts";

test.each(["22.18.0", "22.20.1", "24.0.0", "100.1.0"])("Node %s will do", (version) => {
  expect(() => requireNode(version)).not.toThrow();
});

test.each(["22.17.9", "20.20.2", "18.0.0"])("Node %s is refused in one line that says which is needed", (version) => {
  expect(() => requireNode(version)).toThrow(`Reeve needs Node 22.18 or later; this is Node ${version}`);
});

test("the manifest says the same", () => {
  expect(manifest.engines.node).toBe(`>=${requiredNode}`);
});
