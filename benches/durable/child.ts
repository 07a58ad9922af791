import { type Create, type Outcome, run } from "./load.ts";

export interface Question {
  readonly forMs: number;
}

/** A stack in a process of its own with its callers: it says that it is ready, and then runs one workload after the other. */
const [, , name, place] = process.argv as string[];
const create: Create =
  name === "dbos" ? await (await import("./dbos.ts")).dbos(place!) : await (await import("./reeve.ts")).reeve(place!);
let rounds = 0;
process.on("message", async ({ forMs }: Question) => {
  const outcome: Outcome = await run(create, `v${rounds++}`, forMs);
  process.send!(outcome);
});
process.on("disconnect", () => process.exit());
process.send!("ready");
