import { expectTypeOf, test } from "vitest";
import { column, defineStore, type Row, type Transaction, table } from "../store/index.ts";
import type { Job, JobKind, Recover, Work } from "./index.ts";

const volumeStore = defineStore("volume", {
  tables: { volumes: table({ id: column.text().primaryKey(), status: column.text() }) },
});
type Volume = Row<typeof volumeStore, "volumes">;
declare const work: Work<
  typeof volumeStore,
  { "volume.creating": JobKind<{ sizeGiB: number }>; "volume.deleting": JobKind }
>;
declare const tx: Transaction<typeof volumeStore>;
declare const job: Job;

test("a job remembers the type of its payload", () => {
  expectTypeOf(work.begin(tx, "volume.creating", "v", { sizeGiB: 1 })).resolves.toEqualTypeOf<
    Job<{ sizeGiB: number }>
  >();
});

test("run gives what the finishing function gives, and nothing without one", () => {
  const finished = work.run(job, async () => (tx) => tx.update("volumes", "v", { status: "available" }));
  expectTypeOf(finished).resolves.toEqualTypeOf<Volume>();
  expectTypeOf(work.run(job, async () => {})).resolves.toEqualTypeOf<void>();
});

test("recover may finish in the commit, or do nothing, or either", () => {
  const recoverers: Record<string, Recover<typeof volumeStore>> = {
    nothing: () => {},
    later: async () => {},
    finishing: (job) => (tx) => tx.update("volumes", job.resource, { status: "error" }),
    either: async (job) => {
      if (job.failedRecoveries > 3) return;
      return (tx) => tx.delete("volumes", job.resource);
    },
    // @ts-expect-error no such column
    wrong: () => (tx) => tx.update("volumes", "v", { nothing: 1 }),
  };
  expectTypeOf(recoverers).not.toBeNever();
});

test("begin takes the kinds that are declared, with their payload", () => {
  expectTypeOf(work.begin(tx, "volume.deleting", "v")).resolves.toEqualTypeOf<Job<undefined>>();
  work.begin(tx, "volume.deleting", "v", undefined, { keyStandsFor: "w" });
  work.begin(tx, "volume.creating", "v", { sizeGiB: 1 }, { keyStandsFor: "w" });
  // @ts-expect-error a kind that is not declared
  work.begin(tx, "volume.cloning", "v");
  // @ts-expect-error no payload
  work.begin(tx, "volume.creating", "v");
  // @ts-expect-error a payload of another shape
  work.begin(tx, "volume.creating", "v", { size: 1 });
  // @ts-expect-error a payload where there is none
  work.begin(tx, "volume.deleting", "v", { sizeGiB: 1 });
});

test("stream yields the steps and returns what the finishing function gives", () => {
  const running = work.stream(job, async function* ({ signal }) {
    yield Number(signal.aborted);
    return (tx) => tx.update("volumes", "v", { status: "available" });
  });
  expectTypeOf(running).toEqualTypeOf<AsyncGenerator<number, Volume, undefined>>();
});
