import { type Create, type Outcome, run } from "../durable/load.ts";
import { reeveCasts } from "./reeve.ts";

/** The casts in a process of their own, as `durable/child.ts` has the creates: it says that it is ready, and then runs what it is asked for. */
const [, , place] = process.argv as string[];
const create: Create = await reeveCasts(place!);
let rounds = 0;
process.on("message", async ({ forMs }: { readonly forMs: number }) => {
  const outcome: Outcome = await run(create, `c${rounds++}`, forMs);
  process.send!(outcome);
});
process.on("disconnect", () => process.exit());
process.send!("ready");
