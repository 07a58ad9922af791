import { expect, test } from "vitest";
import { begin, openHouse } from "./house.test-kit.ts";
import { JournalListing, type WorkHolder, type WorkQuery } from "./journal-listing.ts";

/** What three incarnations of two addresses have begun: `a` lives anew, `b` lives no more. */
async function journal() {
  const house = await openHouse();
  const start = async (address: string) => {
    const started = await house.start(address);
    started.journal.use({
      "volume.creating": () => {
        throw new Error("no disk");
      },
    });
    return started;
  };
  await begin(await start("a"), "a-left");
  await begin(await start("b"), "b-left", { is: "secret" });
  const now = await start("a");
  const failing = await begin(now, "a-failed");
  await now.work
    .run(failing, async () => {
      throw new Error("no disk");
    })
    .catch(() => {});
  const held = await begin(now, "a-held");
  for (const id of ["a-runs-1", "a-runs-2"]) await begin(now, id);
  const listing = new JournalListing(house.database);
  const here: WorkHolder = { manager: "volume", address: "a", epoch: now.registration.epoch };
  const gone: WorkHolder = { manager: "volume", address: "b", epoch: undefined };
  const listed = async (query: Partial<WorkQuery>) => {
    const all = { state: "running", holders: [here, gone], heldUp: [held.id], after: "", limit: 10 } as const;
    return (await listing.page({ ...all, ...query })).map(({ resource }) => resource);
  };
  return { ...house, listing, listed, here, gone, failing };
}

test("work is failed, left or running; of each the oldest is first", async () => {
  await using house = await journal();
  const { listed } = house;
  expect(await listed({ state: "failed" })).toEqual(["a-failed", "a-held"]);
  expect(await listed({ state: "left" })).toEqual(["a-left", "b-left"]);
  expect(await listed({ state: "running" })).toEqual(["a-runs-1", "a-runs-2"]);
  expect(await listed({ state: "failed", heldUp: [] })).toEqual(["a-failed"]);
});

test("only the work of who is meant is listed, and nobody's of whom nobody lives, but what is left", async () => {
  await using house = await journal();
  const { listing, listed, here, gone } = house;
  expect(await listed({ state: "left", holders: [here] })).toEqual(["a-left"]);
  expect(await listed({ state: "left", holders: [gone] })).toEqual(["b-left"]);
  expect(await listed({ holders: [gone] })).toEqual([]);
  expect(await listed({ state: "left", holders: [] })).toEqual([]);
  const idle: WorkHolder = { manager: "volume", address: "c", epoch: 1 };
  expect(await listing.holding([here, gone, idle])).toEqual([here, gone]);
});

test("a page is as long as was asked, goes on after an id, and does not read what the work is about", async () => {
  await using house = await journal();
  const { listing, here, listed, failing } = house;
  const query = { state: "running", holders: [here], heldUp: [], limit: 1 } as const;
  const [first] = await listing.page({ ...query, after: "" });
  expect(first).toMatchObject({ resource: "a-held", holderAddress: "a", kind: "volume.creating" });
  expect(first).not.toHaveProperty("payload");
  expect(await listed({ after: first!.id })).toEqual(["a-runs-1", "a-runs-2"]);
  const [failed] = await listing.page({ ...query, state: "failed", after: "" });
  expect(failed).toMatchObject({ id: failing.id, failedRecoveries: 1, lastError: "no disk" });
});
