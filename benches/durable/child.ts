import { type Create, type Outcome, run } from "./load.ts";

export interface Question {
  readonly forMs: number;
}

/** A stack in a process of its own with its callers: it says that it is ready, and then runs one workload after the other. */
const [, , name, place] = process.argv as string[];
const create: Create = await createOf(name!, place!);
let rounds = 0;
process.on("message", async ({ forMs }: Question) => {
  const outcome: Outcome = await run(create, `v${rounds++}`, forMs);
  process.send!(outcome);
});
process.on("disconnect", () => process.exit());
process.send!("ready");

async function createOf(stack: string, place: string): Promise<Create> {
  if (stack === "dbos") return (await import("./dbos.ts")).dbos(place);
  const { reeve } = await import("./reeve.ts");
  if (stack === "reeve-postgres") {
    const { postgres } = await import("@reeve/postgres");
    // As many as DBOS has for itself and for its step.
    return reeve(postgres({ url: place, pool: { max: 20 } }));
  }
  return reeve((await import("@reeve/runtime/sqlite")).sqlite({ path: place }));
}
