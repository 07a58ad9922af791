import { expect, test } from "vitest";
import { terminal } from "./terminal.ts";

function paper(isTTY: boolean) {
  let written = "";
  const write = (text: string) => {
    written += text;
  };
  return { isTTY, write, read: () => written };
}

function tellAll(output: ReturnType<typeof paper>, env: NodeJS.ProcessEnv): string {
  const tell = terminal(output, env);
  tell.begin(1, "Title");
  tell.table(
    ["name", "size"],
    [
      ["a", "10"],
      ["longer", "1"],
    ],
  );
  const bar = tell.bar("film");
  for (const percent of [0, 50, 100]) bar(percent);
  tell.end(1_234, undefined);
  tell.end(12, "it broke");
  return output.read();
}

test("a terminal gets colours and a bar that moves", () => {
  const told = tellAll(paper(true), {});
  expect(told).toContain("\u001b[");
  expect(told.match(/\r/g)).toHaveLength(3);
});

test.each([
  { to: "a file", isTTY: false, env: {} },
  { to: "a terminal with NO_COLOR", isTTY: true, env: { NO_COLOR: "1" } },
])("$to gets none", ({ isTTY, env }) => {
  expect(tellAll(paper(isTTY), env)).not.toContain("\u001b");
});

test("a file gets each line once, with columns aligned", () => {
  expect(tellAll(paper(false), {}).split("\n")).toEqual([
    "  1  Title",
    "     name     size",
    "     a        10",
    "     longer   1",
    `     film ${"━".repeat(30)} 100 %`,
    "     ✓ 1.2 s",
    "",
    "     ✗ it broke",
    "",
    "",
  ]);
});
