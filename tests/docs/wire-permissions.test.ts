import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { scheduler } from "@reeve/managers/scheduler";
import { volumes } from "@reeve/managers/volume";
import { permissions } from "@reeve/nats";
import { expect, test } from "vitest";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/wire.md"), "utf8");

test("the table of rules in wire.md is what permissions() prints for a process that does everything", () => {
  const { processes } = permissions({
    processes: [
      {
        ...{ caller: "block-01", cluster: "rack-a", schedules: true, inspects: true, lists: true },
        serves: [{ contract: volumes, backends: ["ssd"] }],
        calls: [scheduler],
      },
    ],
  });
  const printed = processes[0]!.rules.map(
    ({ right, subject, purpose }) => `| ${purpose} | ${right} | \`${subject}\` |`,
  );
  const [, table = ""] = /^## Permissions\n[\s\S]*?\n\|---\|---\|---\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  expect(table.trimEnd().split("\n")).toEqual(printed);
});
