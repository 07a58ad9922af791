import { recordingLogger } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { audit } from "./audit.ts";

test("an act of an operator is a line that says who did what, to what, and why", () => {
  const log = recordingLogger();
  const principal = { user: "ada", roles: [] };
  audit({ principal, log }, { action: "forget", reason: "burnt", id: "s" }, "forgot slot s");
  expect(log.lines).toMatchObject([
    {
      level: "warn",
      message: "ada forgot slot s: burnt",
      fields: { audit: true, action: "forget", reason: "burnt", id: "s", by: "ada" },
    },
  ]);
});
