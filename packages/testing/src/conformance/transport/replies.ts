import assert from "node:assert/strict";
import type { TransportCase } from "./transport-case.ts";
import { bytes, textOf } from "./transport-rig.ts";

export const replies: readonly TransportCase[] = [
  {
    promise: "an inbox lies under _INBOX and its caller, and no two processes share one",
    async hold(rig) {
      const [a, b] = [await rig.client("asker"), await rig.client("asker")];
      for (const { inbox } of [a, b]) assert.match(inbox, /^_INBOX\.asker\.[A-Za-z0-9_-]+$/);
      assert.notEqual(a.inbox, b.inbox);
    },
  },
  {
    promise: "an answer finds the inbox of the one that asked, and only that",
    async hold(rig) {
      const [asker, worker, other] = [await rig.client("asker"), await rig.client("worker"), await rig.client("asker")];
      const answers = rig.collect(asker, `${asker.inbox}.*`);
      const elsewhere = rig.collect(other, `${other.inbox}.*`);
      worker.subscribe(rig.subject("ask"), (message) =>
        worker.publish(message.reply as string, bytes(`${textOf(message)}!`)),
      );
      await rig.settled(asker, worker, other);
      asker.publish(rig.subject("ask"), bytes("well"), { reply: `${asker.inbox}.1` });
      await rig.until(() => assert.deepEqual(answers, ["well!"]));
      await rig.settled(asker, worker, other);
      assert.deepEqual([answers, elsewhere], [["well!"], []]);
    },
  },
  {
    promise: "where nobody subscribes, the reply subject is told so",
    async hold(rig) {
      const a = await rig.client();
      const notices: [string, boolean, number][] = [];
      a.subscribe(`${a.inbox}.*`, ({ subject, noResponders, data }) => {
        notices.push([subject, noResponders, data.length]);
      });
      await rig.settled(a);
      a.publish(rig.subject("nobody"), bytes("?"), { reply: `${a.inbox}.7` });
      a.publish(rig.subject("nobody"), bytes("no reply wanted"));
      await rig.until(() => assert.deepEqual(notices, [[`${a.inbox}.7`, true, 0]]));
    },
  },
  {
    promise: "where somebody only listens, nobody is said to be missing",
    async hold(rig) {
      const [a, tap] = [await rig.client(), await rig.client()];
      const notices = rig.collect(a, `${a.inbox}.*`);
      rig.collect(tap, rig.subject(">"));
      await rig.settled(tap);
      a.publish(rig.subject("listened"), bytes("?"), { reply: `${a.inbox}.7` });
      await rig.settled(a);
      await rig.settled(a);
      assert.deepEqual(notices, []);
    },
  },
];
