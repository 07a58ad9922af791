import { expect, test } from "vitest";
import { misshapen } from "../../gossip/shapes.fixture.ts";
import { aliveType } from "../presence/alive.ts";
import { Fleet, serving } from "./fleet.fixture.ts";
import { membersType } from "./member-entry.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const entry = {
  ...{ manager: "volume", version: "1.2", address: "z@ssd", cluster: "rack-a", epoch: 7, incarnation: "i", store: "s" },
  ...{ heldMs: 5, state: "degraded", phase: "ready", reasons: ["DRIVER_LOST"], canServe: true },
  ...{ inFlight: 0, queued: 0, reconnects: 1 },
};
const telling = {
  ...{ type: membersType, sender: "Z1", host: "z", sequence: 1, part: { part: 1, parts: 2 }, everyMs: 2_000 },
  ...{ whole: true, last: false, entries: [entry, { ...entry, address: "z@hdd" }] },
};
const heartbeat = { type: aliveType, sender: "Z1", sequence: 1, everyMs: 2_000, lagMs: 0 };

test("a wrong type, or an unknown or missing field, anywhere in a telling, an answer, a heartbeat or a question harms nobody", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  const announcement = a.announcer.announce({ manager: "volume", version: "1.2", address: "a", epoch: 1 });
  announcement.setStatus(serving);
  await fleet.clock.advance(0);
  const z = fleet.hub.client({ caller: "z" });
  await z.connect();
  const say = async (subject: string, value: unknown) => {
    z.publish(subject, bytes(value));
    await fleet.clock.advance(0);
    expect(b.members.at("volume", 1, "a")).toMatchObject({ epoch: 1, caller: "a", minor: 2, canServe: true });
  };
  for (const message of misshapen(telling)) {
    await say("reeve.sys.members.z", message);
    await say("reeve.sys.found.members.b.z", message);
  }
  for (const message of misshapen(heartbeat)) await say("reeve.sys.alive.z", message);
  for (const message of misshapen({ senders: ["s-a", "s-b"] }))
    for (const scope of ["volume.v1", "_host.a"]) await say(`reeve.sys.wanted.members.${scope}.z`, message);
  // What is believed of all that is well-formed: the directory can be read, and what z says next is heard.
  for (const known of b.members.all()) {
    expect(Number.isSafeInteger(known.minor) && Number.isSafeInteger(known.inFlight)).toBe(true);
    expect([known.address, known.manager].every((name) => /^[A-Za-z0-9][\w@-]*$/.test(name))).toBe(true);
    expect(known.reasons.every((reason) => /^[A-Z][A-Z0-9_]*$/.test(reason))).toBe(true);
  }
  await say("reeve.sys.members.z", { ...telling, sender: "Z2", part: undefined });
  expect(b.members.at("volume", 1, "z@hdd")).toMatchObject({ sender: "Z2", reasons: ["DRIVER_LOST"] });
  expect(b.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  announcement.setStatus({ ...serving, canServe: false });
  await fleet.clock.advance(0);
  expect(b.members.at("volume", 1, "a")).toMatchObject({ canServe: false });
});

test("a message that goes deeper than anything that is told is not even parsed", async () => {
  const fleet = new Fleet();
  const b = await fleet.host("b");
  const z = fleet.hub.client({ caller: "z" });
  await z.connect();
  const text = JSON.stringify({ ...telling, part: undefined, unknown: '"}]\\' });
  const nested = (levels: number) =>
    new TextEncoder().encode(
      text.replace('"unknown":', `"deep":${"[".repeat(levels)}${"]".repeat(levels)},"unknown":`),
    );
  z.publish("reeve.sys.members.z", nested(64));
  await fleet.clock.advance(0);
  expect(b.members.of("volume", 1)).toEqual([]);
  expect(b.log.lines).toMatchObject([{ fields: { kind: "malformed", caller: "z" } }]);
  // The message itself is one level.
  z.publish("reeve.sys.members.z", nested(63));
  await fleet.clock.advance(0);
  expect(b.members.of("volume", 1)).toHaveLength(2);
});
