import { check } from "@reeve/example-telling";
import { audit } from "../audit.ts";
import type { RackStep } from "../rack-step.ts";

export const stop: RackStep = {
  name: "stop",
  title: "SIGTERM all, and compare the callers' account with tables and disks",
  async run(rack, tell) {
    await rack.settled();
    await rack.stop();
    const codes = [...rack.codes].map(([host, code]) => `${host} ${code}`);
    check(
      [...rack.codes.values()].every((code) => code === 0),
      `exit codes: ${codes.join(", ")}`,
    );
    const found = await audit(rack);
    tell.table(
      ["what", "how many"],
      Object.entries(found.counts).map(([what, count]) => [what, String(count)]),
    );
    check(found.faults.length === 0, found.faults.join("; "));
    check(rack.denied.length === 0, `the broker denied ${rack.denied.join(", ")}`);
  },
};
