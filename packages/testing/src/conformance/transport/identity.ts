import assert from "node:assert/strict";
import { openThreadTransport } from "@reeve/runtime/internal";
import type { Message } from "@reeve/runtime/transport";
import type { TransportCase } from "./transport-case.ts";
import { bytes } from "./transport-rig.ts";

export const identity: readonly TransportCase[] = [
  {
    promise: "one that was given no name is anonymous, until it takes one; the first name stays",
    skipped: (rig) => (rig.nameless().callAs ? undefined : "the name of the transport is fixed"),
    async hold(rig) {
      const a = rig.nameless();
      assert.equal(a.caller, "anonymous");
      a.callAs!("block-01");
      a.callAs!("block-02");
      await rig.within("connect", a.connect());
      assert.equal(a.caller, "block-01");
      assert.match(a.inbox, /^_INBOX\.block-01\./);
    },
  },
  {
    promise: "a thread makes a connection of its own to the same broker, as the same caller",
    skipped: (rig) => (rig.unconnected().forThread?.() ? undefined : "there is no wire that a thread could connect to"),
    async hold(rig) {
      const a = await rig.client("block-01");
      const got: Message[] = [];
      a.subscribe(rig.subject("beat"), (message) => void got.push(message));
      await rig.settled(a);
      // As it reaches a thread.
      const { module, data } = structuredClone(a.forThread!()!);
      const thread = rig.keep(await openThreadTransport({ module, data }));
      await rig.within("connect", thread.connect());
      assert.equal(thread.caller, "block-01");
      assert.notEqual(thread.inbox, a.inbox);
      thread.publish(rig.subject("beat"), bytes("alive"));
      await rig.until(() => assert.equal(got.length, 1));
      await rig.within("close", thread.close());
      assert.equal(a.connected, true);
    },
  },
];
