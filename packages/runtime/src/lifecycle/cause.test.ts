import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Cause, type CauseReason, causes, isDegrading, servesWith } from "./cause.ts";

const page = readFileSync(new URL("../../../../docs/causes.md", import.meta.url), "utf8");
const serves = {
  everybody: "everybody",
  neighbours: "callers of its process; others by its address",
  addressed: "by its address, or where nobody else can",
  nobody: "nobody",
};

test("docs/causes.md says of every cause what the table says, and of no other", () => {
  const rows = Object.entries(causes).map(
    ([reason, { degrades, serves: whom, means }]) =>
      `| \`${reason}\` | ${degrades ? "degraded" : "no change"} | ${serves[whom]} | ${means} |`,
  );
  expect(page.split("\n").filter((line) => line.startsWith("| `"))).toEqual(rows);
});

test("of several causes one that degrades suffices, and the worst decides whom the manager answers", () => {
  const standing = (...reasons: CauseReason[]): Cause[] => reasons.map((reason) => ({ reason, message: "" }));
  expect([isDegrading([]), servesWith([])]).toEqual([false, "everybody"]);
  const harmless = standing("CONFIG_REFUSED", "LINK_RESTRICTED", "START_STALLED");
  expect([isDegrading(harmless), servesWith(harmless)]).toEqual([false, "everybody"]);
  const away = standing("CONFIG_REFUSED", "LINK_LOST", "DRIVER_LOST");
  expect([isDegrading(away), servesWith(away)]).toEqual([true, "neighbours"]);
  expect(servesWith(standing("LINK_LOST", "STORE_FAILED"))).toBe("addressed");
  expect(servesWith(standing("ADDRESS_CLAIMED", "STORE_FAILED"))).toBe("nobody");
});
