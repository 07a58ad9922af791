import { expect, test } from "vitest";
import { isAt, isSamePoint, pointKeyOf } from "./point-key.ts";

const port = (name: string, tagging: "tagged" | "untagged" = "tagged") =>
  ({ kind: "switchport", interface: name, tagging }) as const;

test("ports share a switch's interface and a namespace that is named, and nothing else", () => {
  expect(pointKeyOf("p1", port("e1"))).toBe(pointKeyOf("p2", port("e1", "untagged")));
  expect(pointKeyOf("p1", port("e1"))).not.toBe(pointKeyOf("p1", port("e2")));
  const shared = { kind: "netns", namespace: "router" } as const;
  expect(pointKeyOf("p1", shared)).toBe(pointKeyOf("p2", { ...shared, interface: "eth1" }));
  expect(pointKeyOf("p1", { kind: "netns" })).not.toBe(pointKeyOf("p2", { kind: "netns" }));
  expect(pointKeyOf("p1", { kind: "tap" })).not.toBe(pointKeyOf("p2", { kind: "tap" }));
  // A namespace that is called as a port's id is not that port's own.
  expect(pointKeyOf("p1", { kind: "netns" })).not.toBe(pointKeyOf("p2", { kind: "netns", namespace: "p1" }));
});

test("two ways to say where are the same place, defaults included", () => {
  expect(isSamePoint({ kind: "netns" }, { kind: "netns", interface: "eth0" })).toBe(true);
  expect(isSamePoint({ kind: "netns" }, { kind: "netns", namespace: "router" })).toBe(false);
  expect(isSamePoint({ kind: "netns", namespace: "a" }, { kind: "netns", namespace: "a", interface: "eth1" })).toBe(
    false,
  );
  expect(isSamePoint(port("e1"), port("e1", "untagged"))).toBe(false);
  expect(isSamePoint({ kind: "tap" }, { kind: "netns" })).toBe(false);
  expect(isAt({ kind: "netns", namespace: "rv-p1", interface: "eth0" }, { kind: "netns" })).toBe(true);
  expect(isAt({ kind: "netns", namespace: "rv-p1", interface: "eth0" }, { kind: "netns", namespace: "b" })).toBe(false);
});
