import { call, contract, type ReeveError, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../base/failure.test-kit.ts";
import { callStages } from "./call-stage.ts";
import type { DeliveredCall, LocalTarget } from "./caller/routed-call.ts";
import type { TargetList } from "./caller/target-list.ts";
import { gate, Stage } from "./stage.fixture.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), idempotent: true }) });
const key = { idempotencyKey: "k1" };

/** A target that does with a call what the test does. */
function desk(stage: Stage, address: string, deliver: (call: DeliveredCall) => void): LocalTarget {
  const target = { contract: bells, address, cluster: undefined, key: `bell/${address}`, canServe: true, deliver };
  (stage.client.targetsOf(bells) as TargetList).put(target);
  return target;
}

function openBell(stage: Stage, address = "a") {
  const [rings, ran] = [gate(), { times: 0 }];
  const ring = () => {
    ran.times++;
    return rings.passed;
  };
  return { ...stage.add(bells, { operations: { ring } }, { address }), rings, ran };
}

const rowOf = (name: string) => callStages.find((row) => row.name === name)!;

/** Brings a call to a stage, without its end. */
const ways: Readonly<Record<string, (stage: Stage) => () => DeliveredCall>> = {
  held: (stage) => {
    let held: DeliveredCall;
    desk(stage, "a", (one) => (held = one));
    return () => held;
  },
  queued: (stage) => {
    const member = openBell(stage);
    member.setMode("paused");
    return () => member.received[0]!;
  },
  joined: (stage) => {
    const member = openBell(stage);
    void stage.ref(bells).ring({}, key);
    return () => member.received[1]!;
  },
  sent: (stage) => {
    let sent: DeliveredCall;
    desk(stage, "a", (one) => {
      sent = one;
      one.sent("bell/a");
    });
    return () => sent;
  },
  running: (stage) => {
    const member = openBell(stage);
    return () => member.received[0]!;
  },
};

test.each([
  ["held", "never-sent"],
  ["queued", "not-executed"],
  ["joined", "maybe-executed"],
  ["sent", "maybe-executed"],
  ["running", "maybe-executed"],
])("a call that ends while it is %s ends as %s", async (name, outcome) => {
  const stage = new Stage();
  const find = ways[name]!(stage);
  const ended = failure(stage.ref(bells).ring({}, key));
  const one = find();
  const row = rowOf(name);
  expect([one.stage, one.settled, one.running]).toEqual([row, row.settled, row.running]);
  expect(row.name).toBe(name);
  one.cancel("enough");
  expect(await ended).toMatchObject({ reason: "CANCELLED", outcome });
  expect(one.stage).toBe(rowOf(row.running ? "detached" : "settled"));
});

test("a call whose handler goes on after its end is detached, and settled when that returns", async () => {
  const stage = new Stage();
  const { rings, received } = openBell(stage);
  const ended = failure(stage.ref(bells).ring({}));
  const [one] = received;
  one!.abort(reeveError("NOT_SERVING", "the bell was taken down"));
  await ended;
  expect([one!.stage, one!.settled, one!.running]).toEqual([rowOf("detached"), true, true]);
  rings.open();
  await stage.settle();
  expect([one!.stage, one!.settled, one!.running]).toEqual([rowOf("settled"), true, false]);
});

test("no row can be written, and only the last two have nothing left to tell", () => {
  for (const row of [callStages, ...callStages]) expect(Object.isFrozen(row)).toBe(true);
  const untold = callStages.filter(({ outcome }) => outcome === undefined);
  expect(untold.map(({ name, settled }) => [name, settled])).toEqual([
    ["detached", true],
    ["settled", true],
  ]);
});

const notServing = () => reeveError("NOT_SERVING", "bell/a is draining");
const lost = () => reeveError("PEER_LOST", "bell/a: the incarnation that had it is gone");

test.each<[string, () => ReeveError, string]>([
  ["was refused before", notServing, "not-executed"],
  ["may have run before", lost, "maybe-executed"],
])("a call that %s ends as no less than that, while nobody has it and while it waits", async (_, error, outcome) => {
  for (const waits of [false, true]) {
    const stage = new Stage();
    desk(stage, "a", (one) => {
      one.sent("bell/a");
      one.refuse(error());
    });
    const next = waits ? openBell(stage, "b") : undefined;
    next?.setMode("paused");
    let held: DeliveredCall | undefined;
    if (!next) desk(stage, "c", (one) => (held = one));
    const ended = failure(stage.ref(bells).ring({}));
    const one = held ?? next!.received[0]!;
    expect(one.stage).toBe(rowOf(waits ? "queued" : "held"));
    one.cancel("enough");
    expect(await ended).toMatchObject({ reason: "CANCELLED", outcome });
  }
});

test("what was sent elsewhere, and waits here now, never runs once its caller has left", async () => {
  const stage = new Stage();
  desk(stage, "a", (one) => {
    one.sent("bell/a");
    one.refuse(lost());
  });
  const member = openBell(stage, "b");
  member.setMode("paused");
  const ended = failure(stage.ref(bells).ring({}));
  member.received[0]!.cancel("enough");
  await ended;
  expect(member.service.mailbox.queued).toBe(0);
  member.setMode("open");
  await stage.settle();
  expect(member.ran.times).toBe(0);
});
