import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networkConformance } from "@reeve/driver-sdk/conformance";
import { afterAll, expect, test } from "vitest";
import { faults, faulty } from "./faulty-driver.fixture.ts";
import { panelBackend } from "./panel-backend.fixture.ts";

const scratch = await mkdtemp(join(tmpdir(), "reeve-faulty-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));
let files = 0;

function suite(fault: string, inFile: boolean) {
  const make = () => {
    const file = inFile ? join(scratch, `panel-${files++}`) : undefined;
    return panelBackend({ ...(file ? { file } : {}), changed: (driver, panel) => faulty(driver, panel, fault) });
  };
  return networkConformance({ name: "faulty", make, crowd: 60, callTimeoutMs: 5_000 });
}

const promises = suite("", false).map(({ name }) => name.replace("faulty: ", ""));

async function outcomes(fault: string, promise: RegExp): Promise<readonly unknown[]> {
  const cases = suite(fault, /process that is killed/.test(promise.source)).filter(({ name }) =>
    promise.test(name.replace("faulty: ", "")),
  );
  return Promise.all(cases.map(({ run }) => run().catch(() => "broken")));
}

/** A suite in which everything fails would show nothing: of these two, no fault breaks both. */
const untouched = /^(the VLANs in the statistics|what was saved is there)/;

test.concurrent.for(Object.entries(faults))(
  "a driver of which it is true that '%s' breaks that promise",
  async ([fault, { breaks }]) => {
    expect(await outcomes(fault, breaks)).toEqual(["broken"]);
    expect(await outcomes(fault, untouched)).toContain("held");
  },
);

test("each promise is broken by one of them", () => {
  const unbroken = promises.filter((promise) => !Object.values(faults).some(({ breaks }) => breaks.test(promise)));
  expect(unbroken).toEqual([]);
});
