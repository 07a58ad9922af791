import type { CapabilityReport } from "@reeve/runtime/capability";
import { expect, test } from "vitest";
import { Incumbency } from "./incumbency.ts";

const stopped = { epoch: 3, store: "s1", status: "stopped" } as CapabilityReport;
const late = { epoch: 2, store: "s1", status: "ready" } as CapabilityReport;

test("of 65,536 addresses it is remembered who lived there; made-up ones push nobody out", () => {
  const incumbency = new Incumbency({ downAfterMs: 1_000 });
  for (let i = 0; i < 70_000; i++) incumbency.stopped(`volume/a-${i}`, stopped, 0);
  expect(incumbency.judge("volume/a-0", late, undefined, 1)).toBe("superseded");
  expect(incumbency.judge("volume/a-65535", late, undefined, 1)).toBe("superseded");
  expect(incumbency.judge("volume/a-65536", late, undefined, 1)).toBe("newer");
});
