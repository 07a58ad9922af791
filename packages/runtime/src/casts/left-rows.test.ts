import { expect, test } from "vitest";
import { openOffice } from "./relay.test-kit.ts";

test("what a dead address had done stays its own, not adopted, and goes with its next life's delivery to the same callee", async () => {
  await using office = await openOffice();
  const dead = await office.relay("a");
  const [done, waits] = await office.put({}, {});
  dead.relay.start();
  await office.settled();
  await dead.callees.sent[0]!.end();
  await office.settled();
  dead.relay.close(new Error("killed"));
  const heir = await office.relay("b");
  await office.database.write(
    async (session) => {
      await heir.rows.interrupt(session, "a");
      expect(await heir.rows.adopt(session, "a", "b")).toBe(1);
    },
    { timeoutMs: 10_000 },
  );
  heir.relay.start();
  await office.settled();
  expect(heir.callees.sent).toMatchObject([{ row: { id: waits }, carried: { acknowledges: [] } }]);
  await heir.callees.sent[0]!.end();
  await office.settled();
  expect(await office.find(done!)).toMatchObject({ state: "done", holderAddress: "a", input: "" });
  const next = await office.relay("a");
  await office.put({});
  next.relay.start();
  await office.settled();
  expect(next.callees.sent[0]!.carried.acknowledges).toEqual([done]);
  await next.callees.sent[0]!.end();
  await office.settled();
  expect(await office.find(done!)).toBeUndefined();
});
