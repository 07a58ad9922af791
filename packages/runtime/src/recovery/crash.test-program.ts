import { appendFileSync } from "node:fs";
import { openHouse } from "./house.test-kit.ts";

/** Where the process kills itself, as kill -9 would. */
export const steps = [
  "before the intent is committed",
  "after the intent is committed",
  "in the middle of the effect",
  "after the effect",
  "before the result is committed",
  "after the result is committed",
] as const;
export type Step = (typeof steps)[number] | "in the recovery" | "after the recovery's effect" | undefined;

/** The device of the tests: a file of lines, each written whole and at once. */
export const device = (path: string) => (line: string) => appendFileSync(path, `${line}\n`);

/** One life of a manager: it recovers, then creates a volume, unless it dies first at `dieAt`. */
export async function live(storePath: string, devicePath: string, create: boolean, dieAt: Step): Promise<void> {
  const write = device(devicePath);
  const at = (step: Step) => {
    if (step === dieAt) process.kill(process.pid, "SIGKILL");
  };
  await using house = await openHouse(storePath);
  const { journal, store, work } = await house.start();
  journal.use({
    "volume.creating": (job) => {
      at("in the recovery");
      write(`undo ${job.resource}`);
      at("after the recovery's effect");
      return (tx) => tx.update("volumes", job.resource, { status: "error" });
    },
  });
  await journal.recoverCrashed();
  if (!create) return;
  const job = await store.transaction(async (tx) => {
    await tx.insert("volumes", { id: "v1", status: "creating" });
    const begun = await work.begin(tx, "volume.creating", "v1");
    at("before the intent is committed");
    return begun;
  });
  at("after the intent is committed");
  await work.run(job, async () => {
    write("begin v1");
    at("in the middle of the effect");
    write("end v1");
    at("after the effect");
    return async (tx) => {
      await tx.update("volumes", "v1", { status: "available" });
      at("before the result is committed");
    };
  });
  at("after the result is committed");
}

if (process.argv[1] === import.meta.filename) {
  const [storePath, devicePath, create, dieAt] = process.argv.slice(2);
  await live(storePath!, devicePath!, create === "create", dieAt as Step);
}
