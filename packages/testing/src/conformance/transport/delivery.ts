import assert from "node:assert/strict";
import type { Message } from "@reeve/runtime/transport";
import type { TransportCase } from "./transport-case.ts";
import { bytes } from "./transport-rig.ts";

export const delivery: readonly TransportCase[] = [
  {
    promise: "bytes, headers and the reply subject reach every subscriber, of any process",
    async hold(rig) {
      const [a, b] = [await rig.client(), await rig.client()];
      const got: Message[] = [];
      for (const subscriber of [a, b, b]) subscriber.subscribe(rig.subject("one"), (message) => void got.push(message));
      await rig.settled(a, b);
      const headers = { "Reeve-Key": " käse ", other: "2" };
      a.publish(rig.subject("one"), new Uint8Array([0, 1, 255]), { reply: rig.subject("reply"), headers });
      await rig.until(() => assert.equal(got.length, 3));
      for (const message of got) {
        assert.equal(message.subject, rig.subject("one"));
        assert.deepEqual([...message.data], [0, 1, 255]);
        assert.equal(message.reply, rig.subject("reply"));
        assert.equal(message.noResponders, false);
        assert.deepEqual({ ...message.headers }, { "Reeve-Key": "käse", other: "2" });
      }
    },
  },
  {
    promise: "a message without reply or headers has none, and may be empty",
    async hold(rig) {
      const a = await rig.client();
      const got: Message[] = [];
      a.subscribe(rig.subject("s"), (message) => void got.push(message));
      a.publish(rig.subject("s"), new Uint8Array(0));
      await rig.until(() => assert.equal(got.length, 1));
      const { reply, headers, data, noResponders } = got[0]!;
      assert.deepEqual([reply, headers, data.length, noResponders], [undefined, undefined, 0, false]);
    },
  },
  {
    promise: "nothing is delivered on the publisher's stack",
    async hold(rig) {
      const a = await rig.client();
      const got = rig.collect(a, rig.subject("s"));
      await rig.settled(a);
      a.publish(rig.subject("s"), bytes("x"));
      assert.deepEqual(got, []);
      await rig.until(() => assert.deepEqual(got, ["x"]));
    },
  },
  {
    promise: "what one process publishes comes in its order",
    async hold(rig) {
      const [a, b] = [await rig.client(), await rig.client()];
      const got = rig.collect(b, rig.subject("ordered.>"));
      await rig.settled(b);
      const sent = Array.from({ length: 2_000 }, (_, i) => String(i));
      for (const i of sent) a.publish(rig.subject(`ordered.${Number(i) % 3}`), bytes(i));
      await rig.until(() => assert.equal(got.length, sent.length));
      assert.deepEqual(got, sent);
    },
  },
  {
    promise: "a flush resolves when what this process got of its own publishes was handed over",
    async hold(rig) {
      const a = await rig.client();
      const got = rig.collect(a, rig.subject("s"));
      for (const i of ["1", "2", "3"]) a.publish(rig.subject("s"), bytes(i));
      await rig.settled(a);
      assert.deepEqual(got, ["1", "2", "3"]);
    },
  },
];
