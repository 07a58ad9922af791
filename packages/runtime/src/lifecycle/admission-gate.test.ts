import fc from "fast-check";
import { expect, test } from "vitest";
import type { LifecycleEvent } from "./lifecycle-machine.ts";
import { namedCall, simulateReady } from "./simulated-host.fixture.ts";

const driverLost: LifecycleEvent = { type: "cause.raised", cause: { reason: "DRIVER_LOST", message: "unplugged" } };
const driverBack: LifecycleEvent = { type: "cause.cleared", reason: "DRIVER_LOST" };

test("a call sent while an event is handled comes after what was sent before it", async () => {
  const { host, self } = await simulateReady();
  host.order.length = 0;
  host.onChanged = ({ state }) => {
    host.onChanged = () => {};
    if (state !== "degraded") return;
    self.send({ type: "drain" });
    self.send(namedCall("after the drain"));
  };
  self.send(driverLost);
  expect(host.order).toEqual(["degraded", "draining", "after the drain"]);
});

test("an effect that begins sends in order too", async () => {
  const { host, self } = await simulateReady();
  host.order.length = 0;
  host.onBegin = (name) => {
    if (name !== "reset") return;
    self.send({ type: "drain" });
    self.send(namedCall("after the drain"));
  };
  self.send({ type: "reset" });
  expect(host.order).toEqual(["resetting", "draining", "after the drain"]);
});

test("a call that had to queue up is received once, however the manager ends", async () => {
  const { host, self } = await simulateReady();
  host.onChanged = ({ state }) => {
    if (state === "degraded") self.send(namedCall("queued"));
  };
  self.send(driverLost);
  self.send({ type: "kill", error: new Error("gone") });
  expect(host.order.filter((entry) => entry === "queued")).toHaveLength(1);
});

test("calls and events keep the order in which they were sent, from wherever", async () => {
  const what = fc.constantFrom("call", "raise", "clear", "reset");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(what, fc.array(what, { maxLength: 3 })), { maxLength: 20 }),
      async (sendings) => {
        const { host, self } = await simulateReady();
        host.order.length = 0;
        const sent: string[] = [];
        let nested: readonly string[] = [];
        const send = (one: string) => {
          if (one === "call") {
            const name = `call ${sent.length}`;
            sent.push(name);
            self.send(namedCall(name));
          } else if (one === "raise") self.send(driverLost);
          else if (one === "clear") self.send(driverBack);
          else self.send({ type: "reset" });
        };
        const sendNested = () => {
          const now = nested;
          nested = [];
          for (const one of now) send(one);
        };
        host.onChanged = sendNested;
        for (const [one, then] of sendings) {
          nested = then;
          send(one);
          sendNested();
        }
        expect(host.order.filter((entry) => entry.startsWith("call"))).toEqual(sent);
      },
    ),
    { numRuns: 100 },
  );
});

test("a call that is received while another is arrives at once: nothing is in between", async () => {
  const { host, self } = await simulateReady();
  host.order.length = 0;
  host.onReceive = () => {
    host.onReceive = () => {};
    self.send(namedCall("inner"));
    expect(host.order).toEqual(["outer", "inner"]);
  };
  self.send(namedCall("outer"));
});

test("a receiver that throws after all harms neither the caller nor the manager", async () => {
  const { host, self, actor, crashes } = await simulateReady();
  const defect = new Error("defect");
  host.onReceive = () => {
    throw defect;
  };
  self.send(namedCall("direct"));
  actor.send(namedCall("through the actor"));
  expect(host.broken).toEqual([defect, defect]);
  expect(crashes).toEqual([]);
  expect(actor.getSnapshot().status).toBe("active");
});

test("a call to a manager that has ended still reaches it, to be refused", async () => {
  const { host, self } = await simulateReady();
  self.send({ type: "kill", error: new Error("gone") });
  host.order.length = 0;
  self.send(namedCall("late"));
  expect(host.order).toEqual(["late"]);
});

test("a call behind the event that ends the manager is not lost", async () => {
  const { host, self } = await simulateReady();
  host.onChanged = ({ state }) => {
    if (state === "degraded") {
      self.send({ type: "kill", error: new Error("gone") });
      self.send(namedCall("behind the end"));
    }
  };
  self.send(driverLost);
  expect(host.order.at(-1)).toBe("behind the end");
  expect(host.state).toBe("stopped");
});

test("an actor that is stopped from outside tells its host, once", async () => {
  const { host, actor } = await simulateReady();
  actor.stop();
  actor.stop();
  const stops = host.told.filter(({ event }) => event === "xstate.stop");
  expect(stops).toMatchObject([{ status: { state: "stopped", phase: undefined } }]);
});

test("a host that throws when it is told loses the actor, but is told that it has failed", async () => {
  const { host, self, crashes } = await simulateReady();
  host.onChanged = ({ state }) => {
    if (state === "degraded") throw new Error("defect");
  };
  self.send(driverLost);
  expect(crashes).toMatchObject([{ message: "defect" }]);
  expect(host.status).toMatchObject({ state: "failed", failure: { message: "defect" } });
  self.send(namedCall("late"));
  expect(host.order.at(-1)).toBe("late");
});
