import assert from "node:assert/strict";
import type { TransportAlarm } from "@reeve/runtime/transport";
import type { TransportCase } from "./transport-case.ts";
import { bytes, refuses, rejects } from "./transport-rig.ts";

const notConnected = { reason: "LINK_LOST", outcome: "never-sent", retryable: true };
const closed = { reason: "TRANSPORT_CLOSED", outcome: "never-sent" };

export const link: readonly TransportCase[] = [
  {
    promise: "before it is connected a publish and a flush are refused as never sent",
    async hold(rig) {
      const a = rig.unconnected();
      assert.equal(a.connected, false);
      refuses(() => a.publish(rig.subject("early"), bytes("x")), notConnected);
      await rejects(rig.within("flush", a.flush()), { reason: "LINK_LOST", outcome: "never-sent" });
    },
  },
  {
    promise: "a subscription that is made before the first connection holds from then on",
    async hold(rig) {
      const a = rig.unconnected();
      const got = rig.collect(a, rig.subject("early"));
      await rig.within("connect", a.connect());
      a.publish(rig.subject("early"), bytes("y"));
      await rig.until(() => assert.deepEqual(got, ["y"]));
    },
  },
  {
    promise: "each change of the link is told once, to those that still listen",
    async hold(rig) {
      const a = rig.unconnected();
      const told: boolean[] = [];
      const stopped: boolean[] = [];
      a.onLink((connected) => told.push(connected));
      const stop = a.onLink((connected) => stopped.push(connected));
      await rig.within("connect", a.connect());
      await rig.within("a second connect", a.connect());
      assert.deepEqual([a.connected, told, stopped], [true, [true], [true]]);
      stop();
      await rig.within("close", a.close());
      assert.deepEqual([a.connected, told, stopped], [false, [true, false], [true]]);
    },
  },
  {
    promise: "a listener for the link that throws raises an alarm and keeps nobody else from being told",
    async hold(rig) {
      const a = rig.unconnected();
      const alarms: TransportAlarm[] = [];
      const told: boolean[] = [];
      a.onAlarm((alarm) => alarms.push(alarm));
      a.onLink(() => {
        throw new Error("listener");
      });
      a.onLink((connected) => told.push(connected));
      await rig.within("connect", a.connect());
      await rig.until(() => assert.deepEqual(told, [true]));
      assert.deepEqual(
        alarms.map(({ kind, cause }) => [kind, (cause as Error).message]),
        [["handler.failed", "listener"]],
      );
    },
  },
  {
    promise: "a signal that aborts ends the wait for the link as CANCELLED, and not the attempts",
    async hold(rig) {
      const a = rig.unconnected();
      await rejects(rig.within("connect", a.connect(AbortSignal.abort())), {
        reason: "CANCELLED",
        outcome: "never-sent",
      });
      await rig.within("connect", a.connect());
    },
  },
  {
    promise: "a close sends what was published",
    async hold(rig) {
      const [a, b] = [await rig.client(), await rig.client()];
      const got = rig.collect(b, rig.subject("s"));
      await rig.settled(b);
      for (let i = 0; i < 100; i++) a.publish(rig.subject("s"), bytes(String(i)));
      await rig.within("close", a.close());
      await rig.until(() => assert.equal(got.length, 100));
    },
  },
  {
    promise: "once closed, which may be asked for more than once, everything is refused and nothing arrives",
    async hold(rig) {
      const [a, b] = [await rig.client(), await rig.client()];
      const own = rig.collect(a, rig.subject("s"));
      await rig.settled(a);
      await rig.within("close", Promise.all([a.close(), a.close()]));
      await rig.within("a third close", a.close());
      refuses(() => a.publish(rig.subject("s"), bytes("")), closed);
      refuses(() => a.subscribe(rig.subject("s"), () => {}), closed);
      await rejects(rig.within("flush", a.flush()), closed);
      await rejects(rig.within("connect", a.connect()), closed);
      b.publish(rig.subject("s"), bytes("late"));
      await rig.settled(b);
      assert.deepEqual(own, []);
    },
  },
  {
    promise: "one that never connected closes too",
    async hold(rig) {
      const a = rig.unconnected();
      await rig.within("close", a.close());
      await rejects(rig.within("connect", a.connect()), { reason: "TRANSPORT_CLOSED" });
    },
  },
];
