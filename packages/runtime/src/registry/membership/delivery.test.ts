import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { seededRandom } from "../../base/random.ts";
import type { Member } from "../../rpc/membership.ts";
import { memoryCounters, silentLogger } from "../../telemetry/index.ts";
import type { MessageHandler } from "../../transport/transport.ts";
import { Announcer, type AnnouncerLink } from "./announcer.ts";
import type { MembersLink } from "./asking.ts";
import { serving } from "./fleet.fixture.ts";
import { Members } from "./members.ts";

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("start" as const), host: fc.nat(2), at: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("serve" as const), at: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("end" as const), at: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(0, 100, 900, 3_000) }) },
);

interface Incarnation {
  readonly epoch: number;
  readonly host: number;
  readonly announcement: ReturnType<Announcer["announce"]>;
  canServe: boolean;
}

const lifeOf = ({ address, epoch, caller }: Member) => `${address} ${epoch} ${caller}`;

test("over a link that loses, copies and overtakes, only what was said is believed, and in the end the truth is", async () => {
  const run = fc.asyncProperty(
    fc.array(step, { maxLength: 60, size: "max" }),
    fc.integer(),
    fc.constantFrom(0, 20, 60),
    async (steps, seed, lossPercent) => {
      const clock = new ManualClock();
      const chance = seededRandom(seed);
      const handlers = new Map<string, MessageHandler>();
      let faulty = true;
      const deliver = (subject: string, data: Uint8Array) => {
        const pattern = `${subject.slice(0, subject.lastIndexOf("."))}.*`;
        void handlers.get(pattern)?.({ subject, data, noResponders: false });
      };
      const sending = (caller: string, maxPayloadBytes: number): AnnouncerLink & MembersLink => ({
        caller,
        inbox: `_INBOX.${caller}.x`,
        denials: undefined,
        connected: true,
        maxPayloadBytes,
        subscribe: () => ({ unsubscribe() {}, drain: async () => {} }),
        onLink: () => () => {},
        flush: async () => {},
        publish(subject, data) {
          if (!faulty) return deliver(subject, data);
          for (let copies = chance() < 0.2 ? 3 : 1; copies > 0; copies--) {
            if (chance() * 100 < lossPercent) continue;
            clock.setTimeout(() => deliver(subject, data), chance() < 0.5 ? 0 : chance() * 4_000);
          }
        },
      });
      const members = new Members({
        clock,
        sender: "me",
        link: {
          ...sending("me", 1_000),
          subscribe: (pattern, given) => {
            handlers.set(pattern, given);
            return { unsubscribe() {}, drain: async () => {} };
          },
        },
        log: silentLogger,
        counters: memoryCounters(),
      });
      // A small limit, so that tellings come in parts.
      const announcers = [0, 1, 2].map(
        (host) =>
          new Announcer({
            clock,
            random: chance,
            link: sending(`h${host}`, 900),
            sender: `s${host}`,
            host: `h${host}`,
            log: silentLogger,
            counters: memoryCounters(),
          }),
      );
      const said = new Set<string>();
      const served = new Set<string>();
      const present = new Set<string>();
      const wrong: string[] = [];
      members.onGone((member) => {
        if (!present.delete(lifeOf(member))) wrong.push("one is gone that was not there");
      });
      members.onChange((manager, major) => {
        const now = members.of(manager, major);
        if (new Set(now.map(({ address }) => address)).size < now.length) wrong.push("an address twice");
        const lowest = now.length === 0 ? undefined : Math.min(...now.map(({ minor }) => minor));
        if (members.lowestMinor(manager, major) !== lowest) wrong.push("the pin");
        for (const member of now) {
          present.add(lifeOf(member));
          // What is overtaken would take it back.
          if (member.state === "serving") served.add(lifeOf(member));
          else if (served.has(lifeOf(member))) wrong.push("it serves no more");
          if (!said.has(`${lifeOf(member)} ${member.canServe}`)) wrong.push("what nobody said");
        }
      });
      const truth = new Map<number, Incarnation>();
      let epochs = 0;
      for (const each of steps) {
        if (each.kind === "pass") await clock.advance(each.ms);
        else if (each.kind === "start") {
          epochs += 1;
          truth.get(each.at)?.announcement.end();
          const announcement = announcers[each.host]!.announce({
            manager: "volume",
            version: `1.${epochs % 4}`,
            address: `a${each.at}`,
            epoch: epochs,
          });
          said.add(`a${each.at} ${epochs} h${each.host} false`);
          truth.set(each.at, { epoch: epochs, host: each.host, announcement, canServe: false });
        } else if (each.kind === "serve") {
          const incarnation = truth.get(each.at);
          if (!incarnation) continue;
          incarnation.announcement.setStatus(serving);
          said.add(`a${each.at} ${incarnation.epoch} h${incarnation.host} true`);
          incarnation.canServe = true;
        } else {
          truth.get(each.at)?.announcement.end();
          truth.delete(each.at);
        }
      }
      faulty = false;
      // Nobody hears questions here: until everybody is told of again, after what is still on its way; and once more, for whoever
      // was refused an address that is free from then on.
      for (let passed = 0; passed < 68_000; passed += 4_000) await clock.advance(4_000);
      expect(wrong).toEqual([]);
      expect(present.size).toBe(truth.size);
      expect(
        members
          .of("volume", 1)
          .map(({ address, epoch, canServe, caller }) => ({ address, epoch, canServe, caller }))
          .sort((a, b) => a.address.localeCompare(b.address)),
      ).toEqual(
        [...truth]
          .sort(([a], [b]) => a - b)
          .map(([at, { epoch, host, canServe }]) => ({ address: `a${at}`, epoch, canServe, caller: `h${host}` })),
      );
      members.close();
      await Promise.all(announcers.map((announcer) => announcer.close()));
      expect(clock.pending).toBe(0);
    },
  );
  await fc.assert(run, { numRuns: 60 });
});
