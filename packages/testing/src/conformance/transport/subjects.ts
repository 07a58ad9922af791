import assert from "node:assert/strict";
import type { Transport } from "@reeve/runtime/transport";
import type { TransportCase } from "./transport-case.ts";
import { bytes, refuses } from "./transport-rig.ts";

/** By the field that is refused. */
const malformed: readonly (readonly [string, (transport: Transport) => void])[] = [
  ["subject", (t) => t.publish("a b", bytes(""))],
  ["subject", (t) => t.publish("a.*", bytes(""))],
  ["subject", (t) => t.publish("", bytes(""))],
  ["reply", (t) => t.publish("a", bytes(""), { reply: "x\r\nPUB y 0" })],
  ["headers", (t) => t.publish("a", bytes(""), { headers: { "a:b": "c" } })],
  ["headers.a", (t) => t.publish("a", bytes(""), { headers: { a: "b\nc: d" } })],
  ["subject", (t) => t.subscribe("a.>.b", () => {})],
  ["queue", (t) => t.subscribe("a", () => {}, { queue: "q 1" })],
];

export const subjects: readonly TransportCase[] = [
  {
    promise: "a star matches one token, a final > the rest",
    async hold(rig) {
      const a = await rig.client();
      const one = rig.collect(a, rig.subject("*.end"));
      const rest = rig.collect(a, rig.subject("a.>"));
      const exact = rig.collect(a, rig.subject("a.end"));
      await rig.settled(a);
      const sent = ["a.end", "b.end", "a.b.end", "a", "a.b"];
      for (const subject of sent) a.publish(rig.subject(subject), bytes(subject));
      a.publish(rig.subject("last.end"), bytes("last"));
      await rig.until(() => assert.equal(one.at(-1), "last"));
      assert.deepEqual(one, ["a.end", "b.end", "last"]);
      assert.deepEqual(rest, ["a.end", "a.b.end", "a.b"]);
      assert.deepEqual(exact, ["a.end"]);
    },
  },
  {
    promise: "each message goes to exactly one member of a queue group, and each member gets some",
    async hold(rig) {
      const [a, b] = [await rig.client(), await rig.client()];
      const first = rig.collect(a, rig.subject("q.work"), "g");
      const second = rig.collect(b, rig.subject("q.*"), "g");
      const other = rig.collect(b, rig.subject("q.work"), "h");
      const alone = rig.collect(b, rig.subject("q.work"));
      await rig.settled(a, b);
      const sent = Array.from({ length: 200 }, (_, i) => String(i));
      for (const i of sent) a.publish(rig.subject("q.work"), bytes(i));
      await rig.until(() =>
        assert.deepEqual([first.length + second.length, other.length, alone.length], [200, 200, 200]),
      );
      assert.deepEqual(
        [...first, ...second].sort((x, y) => Number(x) - Number(y)),
        sent,
      );
      assert.ok(Math.min(first.length, second.length) > 0, "a member of the group got nothing");
    },
  },
  {
    promise: "a malformed subject, queue, reply or header is refused, naming it, and harms nothing",
    async hold(rig) {
      const a = await rig.client();
      for (const [field, act] of malformed) {
        refuses(() => act(a), { reason: "INVALID_OPTION", message: new RegExp(`^${field}: `) });
      }
      await rig.settled(a);
    },
  },
  {
    promise: "a message that is too large is refused with both sizes, its headers counted",
    async hold(rig) {
      const a = await rig.client();
      const subject = rig.subject("s");
      const got = rig.collect(a, subject);
      await rig.settled(a);
      const limitBytes = a.maxPayloadBytes;
      a.publish(subject, new Uint8Array(limitBytes));
      const tooLarge = { reason: "PAYLOAD_TOO_LARGE", outcome: "never-sent" };
      refuses(() => a.publish(subject, new Uint8Array(limitBytes + 1)), {
        ...tooLarge,
        data: { bytes: limitBytes + 1, limitBytes },
      });
      refuses(() => a.publish(subject, new Uint8Array(limitBytes), { headers: { a: "b" } }), tooLarge);
      a.publish(subject, new Uint8Array(0));
      await rig.until(() => assert.equal(got.length, 2));
      assert.deepEqual(
        got.map(({ length }) => length),
        [limitBytes, 0],
      );
    },
  },
];
