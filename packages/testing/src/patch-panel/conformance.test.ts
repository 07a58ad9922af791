import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkConformance } from "@reeve/driver-sdk/conformance";
import { afterAll, describe, test } from "vitest";
import { panelBackend } from "./panel-backend.fixture.ts";

const scratch = await mkdtemp(join(tmpdir(), "reeve-panel-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));
let files = 0;

const ofTheDead = /a process that is killed/;

describe("in memory", () => {
  for (const { name, run } of networkConformance({ name: "patch panel", make: () => panelBackend() }))
    if (!ofTheDead.test(name)) test.concurrent(name, run);
});

describe("in a file", () => {
  const make = () => panelBackend(join(scratch, `panel-${files++}`));
  for (const { name, run } of networkConformance({ name: "patch panel", make, crowd: 50 }))
    if (ofTheDead.test(name)) test.concurrent(name, run);
});
