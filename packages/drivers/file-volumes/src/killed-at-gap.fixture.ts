import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { TestSession } from "./session.fixture.ts";

// Usage: killed-at-gap.fixture.ts <root> <gap>. Makes volume `a` and is killed at that gap, or while it tries the root.
const [root = "", gap = ""] = process.argv.slice(2);
const { link, rm } = fs;
const die = () => process.kill(process.pid, "SIGKILL");
const trying = gap === "in a trial";
function arm(): void {
  fs.link = async (...paths) => {
    if (gap === "before link") die();
    await link(...paths);
    if (gap === "after link" || trying) die();
  };
  fs.rm = async (...given) => {
    await rm(...given);
    if (gap === "after unlink") die();
  };
  syncBuiltinESMExports();
}
if (trying) arm();
const session = await TestSession.open({ root });
arm();
await session.create({ id: "a", sizeGiB: 1 / 1024 });
