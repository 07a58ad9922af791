import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { Tutorial } from "./tutorial.ts";

test("the door of the page is where it was, after a restart", async () => {
  using tutorial = new Tutorial("actors.md");
  expect((await runProgram(tutorial.directory, "main.ts")).split("\n")).toEqual([
    "open",
    "{ reason: 'ALREADY', data: { state: 'open' } }",
    "shut",
    "",
  ]);
}, 60_000);
