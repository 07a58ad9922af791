import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { natsServer } from "@reeve/testing";
import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { Tutorial } from "./tutorial.ts";

test("the host of the page is operated as the page says", async () => {
  await using server = await natsServer();
  using tutorial = new Tutorial("operate.md");
  const ssd = join(tutorial.directory, "ssd");
  mkdirSync(ssd);
  for (const file of ["host.ts", "operate.ts"]) tutorial.change(file, "nats://127.0.0.1:4222", server.url);
  tutorial.change("host.ts", "/srv/ssd", ssd);
  // One process, which ends: the connection has a caller and a link of its own.
  tutorial.change("operate.ts", "// operate.ts", 'import { supervisor } from "./host.ts";');
  tutorial.change("operate.ts", "await connection.close();", "await connection.close();\nawait supervisor.stop();");
  const printed = await runProgram(tutorial.directory, "operate.ts");
  expect(printed.split("\n")).toEqual([
    "volume/block-01@ssd serving []",
    "there are [ 'volume/block-01@ssd' ]",
    "ada from ops: restart volume/block-01@hdd: failed",
    "ada from ops: setLogLevel : done",
    "ada from ops: uncordon volume/block-01@ssd: done",
    "ada from ops: start volume/block-01@ssd: done",
    "ada from ops: drain volume/block-01@ssd: done",
    "ada from ops: cordon volume/block-01@ssd: done",
    "",
  ]);
}, 120_000);
