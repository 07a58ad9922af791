import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Member } from "../../membership.ts";
import { Conversation } from "./conversation.ts";
import { Conversations } from "./conversations.ts";
import type { PendingCall } from "./pending-call.ts";

const member: Member = {
  ...{ manager: "volume", major: 1, minor: 0, address: "a", cluster: undefined },
  ...{ epoch: 1, incarnation: "i1", canServe: true, caller: "a" },
};

/** A conversation only asks for the number, and links them. */
const callIn = (conversation: Conversation<PendingCall>) =>
  ({ conversation, number: conversation.take() }) as PendingCall;

describe("a conversation", () => {
  test("whatever ends in whatever order, its head says what is settled and nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 200, size: "max" }), (choices) => {
        const conversation = new Conversation<PendingCall>("_INBOX.cli.k7.s3cret", member);
        const open: PendingCall[] = [];
        let taken = 0;
        for (const choice of choices) {
          if (choice % 2) {
            const pending = callIn(conversation);
            expect(pending.number).toBe(++taken);
            conversation.add(pending);
            open.push(pending);
          } else if (open.length > 0) {
            const [pending] = open.splice(choice % open.length, 1);
            expect(conversation.delete(pending!)).toBe(true);
            expect(conversation.delete(pending!)).toBe(false);
          }
          const { floor, acknowledged } = conversation;
          expect(floor).toBe(open[0]?.number ?? taken + 1);
          expect(acknowledged.length % 2 === 0 && acknowledged.length <= 12).toBe(true);
          let before = floor;
          for (let at = 0; at < acknowledged.length; at += 2) {
            const [from, to] = [acknowledged[at]!, acknowledged[at + 1]!];
            expect(from > before && to >= from && to <= taken).toBe(true);
            expect(open.some(({ number }) => number >= from && number <= to)).toBe(false);
            before = to;
          }
          expect([...conversation.calls].map(({ number }) => number)).toEqual(open.map(({ number }) => number));
        }
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test("one call that takes long does not keep the answers of all that follow", () => {
    const conversation = new Conversation<PendingCall>("_INBOX.cli.k7.s3cret", member);
    conversation.add(callIn(conversation));
    for (let call = 0; call < 10_000; call++) {
      const pending = callIn(conversation);
      conversation.add(pending);
      conversation.delete(pending);
    }
    expect([conversation.floor, [...conversation.acknowledged]]).toEqual([1, [2, 10_001]]);
  });
});

describe("conversations", () => {
  test("of an incarnation that has gone are kept until its last call has ended, and then a bounded number of them", () => {
    const conversations = new Conversations("_INBOX.cli.k7");
    const opened = Array.from({ length: 1_000 }, (_, i) =>
      conversations.open({ ...member, address: `host-${i}`, incarnation: `i${i}` }),
    );
    const pendings = opened.map(callIn);
    for (const pending of pendings) conversations.add(pending);
    for (const { member } of opened) expect(conversations.left(member, undefined)).toHaveLength(1);
    for (const { prefix } of opened) expect(conversations.of(prefix)).toBeDefined();
    expect(conversations.outstanding).toBe(1_000);
    for (const pending of pendings) conversations.delete(pending);
    expect(conversations.outstanding).toBe(0);
    expect(opened.filter(({ prefix }) => conversations.of(prefix)).length).toBe(256);
    expect([...conversations.at("volume.v1 host-999")]).toEqual([]);
  });

  test("an incarnation that goes takes no other one at its address with it", () => {
    const conversations = new Conversations("_INBOX.cli.k7");
    const [first, second] = [member, { ...member, incarnation: "i2" }].map((one) => conversations.open(one));
    expect(conversations.left(member, undefined)).toEqual([first]);
    expect([first!.gone, second!.gone]).toEqual([true, false]);
    expect([...conversations.at("volume.v1 a")]).toEqual([second]);
  });

  test("each has a secret of its own", () => {
    const conversations = new Conversations("_INBOX.cli.k7");
    const prefixes = new Set(Array.from({ length: 100 }, () => conversations.open(member).prefix));
    expect(prefixes.size).toBe(100);
    for (const prefix of prefixes) expect(prefix).toMatch(/^_INBOX\.cli\.k7\.[\w-]{16}$/);
  });
});
