import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { TestSession } from "./session.fixture.ts";

// Usage: killed-at-gap.fixture.ts <root> <gap>. Makes volume `a` and is killed at that gap.
const [root = "", gap = ""] = process.argv.slice(2);
const session = await TestSession.open({ root });
const { link, rm } = fs;
const die = () => process.kill(process.pid, "SIGKILL");
fs.link = async (...paths) => {
  if (gap === "before link") die();
  await link(...paths);
  if (gap === "after link") die();
};
fs.rm = async (...given) => {
  await rm(...given);
  if (gap === "after unlink") die();
};
syncBuiltinESMExports();
await session.create({ id: "a", sizeGiB: 1 / 1024 });
