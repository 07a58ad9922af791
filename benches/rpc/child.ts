import { run, type Workload } from "./load.ts";
import { loadStack, type StackName } from "./stacks.ts";

/** What a child is asked: to run a workload, or, with nothing given, what processor time it has taken. */
export interface Question {
  readonly workload?: Workload;
}

// One end of one stack, in a process of its own: it says that it is ready, and then answers one question after the other.
const [, , role, name, url] = process.argv as string[];
const stack = await loadStack(name as StackName);
const echo = role === "client" ? await stack.connect(url!) : await stack.serve(url!);
process.on("message", async ({ workload }: Question) => {
  const before = process.cpuUsage();
  const outcome = workload && echo && (await run(echo, workload));
  const { user, system } = outcome ? process.cpuUsage(before) : before;
  process.send!({ outcome, cpuUs: user + system });
});
process.on("disconnect", () => process.exit());
process.send!("ready");
