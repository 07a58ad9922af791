import { call, contract } from "@reeve/contract";
import { createSupervisor, defineManager } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { z } from "zod";

/** The script that a person would write: told to {@link file://./start.bench.ts} as soon as it serves. */
const greetings = contract("greeting", "1.0", {
  greet: call({ input: z.object({ name: z.string() }), output: z.string() }),
});
const greeter = defineManager({
  contract: greetings,
  setup: () => ({ operations: { greet: async ({ name }) => `hello ${name}` } }),
});

const supervisor = createSupervisor({
  host: "bench",
  store: sqlite({ path: process.argv[2]! }),
  log: { level: "silent" },
});
supervisor.spawn(greeter);
await supervisor.start();
process.send!(await supervisor.ref(greetings).greet({ name: "bench" }));
process.once("message", () => void supervisor.stop().then(() => process.disconnect()));
