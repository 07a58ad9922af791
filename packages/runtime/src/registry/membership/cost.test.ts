import { expect, test } from "vitest";
import type { Membership } from "../../rpc/membership.ts";
import type { TargetPort } from "../../rpc/remote/client/remote-target.ts";
import { AllTargets } from "../../rpc/remote/client/remote-targets.ts";
import { LocalDirectory } from "../local-directory.ts";
import { altered, draining, Fleet, serving } from "./fleet.fixture.ts";
import type { MemberEntry } from "./member-entry.ts";

const port = { namespace: "reeve", caller: "us", send: () => {}, lane: () => ({}) } as unknown as TargetPort;

interface Told {
  /** Absent in a heartbeat. */
  readonly entries?: readonly MemberEntry[];
}

/** What one manager's change costs where so many others are: told by its process, and looked at by another one. */
async function costOfChange(others: number) {
  const fleet = new Fleet();
  const messages: Told[] = [];
  const a = await fleet.host("a", {
    link: (inner) =>
      altered(inner, {
        publish: (subject, data, options) => {
          if (data.length > 0) messages.push(JSON.parse(new TextDecoder().decode(data)));
          inner.publish(subject, data, options);
        },
      }),
  });
  const b = await fleet.host("b");
  const announcements = Array.from({ length: others + 1 }, (_, at) =>
    a.announcer.announce({ manager: "volume", version: "1.0", address: `a@b${at}`, epoch: 1 }),
  );
  for (const announcement of announcements) announcement.setStatus(serving);
  let looks = 0;
  const counting = new Proxy(b.members as Membership, {
    get(target, name) {
      if (name === "at") looks += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const targets = new AllTargets(new LocalDirectory(), counting, port).of("volume", 1);
  const settled = async () => {
    await fleet.clock.advance(5_000);
    messages.length = 0;
    looks = 0;
    b.told.length = 0;
  };
  await settled();
  announcements[others]!.setStatus(draining);
  await fleet.clock.advance(4_000);
  expect(targets.everybody.waiting).toMatchObject([{ address: `a@b${others}` }]);
  const change = {
    messages: messages.length,
    named: messages.flatMap(({ entries = [] }) => entries).length,
    looks,
    told: [...b.told],
  };
  await settled();
  await fleet.clock.advance(4_000);
  const quiet = { named: messages.flatMap(({ entries = [] }) => entries).length, looks, told: [...b.told] };
  await settled();
  const known = b.members.at("volume", 1, "a@b0");
  await fleet.clock.advance(30_000);
  expect(b.members.at("volume", 1, "a@b0")).toBe(known);
  const whole = messages.some(({ entries }) => entries?.length === others + 1);
  return { change, quiet, repeated: { whole, looks, told: [...b.told] } };
}

test("a change is told, decoded and looked at alone, however many others there are; and nothing is while nothing changes", async () => {
  const [few, many] = [await costOfChange(4), await costOfChange(400)];
  expect(few).toEqual(many);
  expect(many.change).toMatchObject({ named: 1, looks: 1, told: ["changed volume 1"] });
  expect(many.repeated).toEqual({ whole: true, looks: 0, told: [] });
  expect(many.quiet).toEqual({ named: 0, looks: 0, told: [] });
});
