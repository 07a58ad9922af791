import assert from "node:assert/strict";
import type { TransportAlarm } from "@reeve/runtime/transport";
import type { TransportCase } from "./transport-case.ts";
import { bytes, textOf } from "./transport-rig.ts";

export const handlers: readonly TransportCase[] = [
  {
    promise: "a handler that throws or rejects raises an alarm and keeps nobody else from the message",
    async hold(rig) {
      const a = await rig.client();
      const alarms: TransportAlarm[] = [];
      a.onAlarm((alarm) => alarms.push(alarm));
      const subject = rig.subject("s");
      a.subscribe(subject, () => {
        throw new Error("sync");
      });
      a.subscribe(subject, async () => {
        throw new Error("async");
      });
      a.subscribe(subject, () => ({
        // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is what is tested
        then: () => {
          throw new Error("thenable");
        },
      }));
      const got = rig.collect(a, subject);
      await rig.settled(a);
      for (const i of ["1", "2"]) a.publish(subject, bytes(i));
      await rig.until(() => {
        assert.deepEqual(got, ["1", "2"]);
        const causes = alarms.map(({ cause }) => (cause as Error).message).sort();
        assert.deepEqual(causes, ["async", "async", "sync", "sync", "thenable", "thenable"]);
      });
      for (const alarm of alarms) assert.deepEqual([alarm.kind, alarm.subject], ["handler.failed", subject]);
    },
  },
  {
    promise: "after an unsubscribe nothing is delivered, not even what had arrived",
    async hold(rig) {
      const a = await rig.client();
      const got: string[] = [];
      const subscription = a.subscribe(rig.subject("s"), (message) => {
        got.push(textOf(message));
        subscription.unsubscribe();
        subscription.unsubscribe();
      });
      await rig.settled(a);
      for (const i of ["1", "2", "3"]) a.publish(rig.subject("s"), bytes(i));
      await rig.until(() => assert.equal(got[0], "1"));
      await rig.settled(a);
      assert.deepEqual(got, ["1"]);
    },
  },
  {
    promise: "a drain hands over what was sent before, takes nothing after, and waits for asynchronous handlers",
    async hold(rig) {
      const [a, b] = [await rig.client(), await rig.client()];
      const started: string[] = [];
      const finish: (() => void)[] = [];
      const subscription = a.subscribe(rig.subject("s"), async (message) => {
        started.push(textOf(message));
        await new Promise<void>((resolve) => finish.push(resolve));
      });
      await rig.settled(a);
      for (const i of ["1", "2"]) b.publish(rig.subject("s"), bytes(i));
      await rig.settled(b);
      let drained = false;
      const draining = subscription.drain().then(() => {
        drained = true;
      });
      await rig.until(() => assert.deepEqual(started, ["1", "2"]));
      await rig.settled(a, b);
      b.publish(rig.subject("s"), bytes("3"));
      await rig.settled(b);
      await rig.settled(a);
      assert.deepEqual([drained, started], [false, ["1", "2"]]);
      for (const resolve of finish) resolve();
      await rig.within("the drain", draining);
      await rig.within("a second drain", subscription.drain());
      assert.deepEqual(started, ["1", "2"]);
    },
  },
];
