import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import type { Message, Transport } from "../../transport/transport.ts";
import { encodeAlive } from "../presence/alive.ts";
import type { AnnounceOptions } from "./announcement.ts";
import { altered, draining, Fleet, serving } from "./fleet.fixture.ts";

const volume = (address: string, epoch = 1, version = "1.2"): AnnounceOptions => ({
  manager: "volume",
  version,
  address,
  epoch,
});

test("a manager is known by what its process says, and as soon as it says it", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  const members = b.members.of("volume", 1);
  const announcement = a.announcer.announce({ ...volume("a@ssd", 7), cluster: "rack-a" });
  await fleet.clock.advance(0);
  expect(members).toMatchObject([{ state: "booting", canServe: false }]);
  announcement.setStatus(serving);
  await fleet.clock.advance(0);
  expect(members).toEqual([
    expect.objectContaining({
      manager: "volume",
      major: 1,
      minor: 2,
      address: "a@ssd",
      cluster: "rack-a",
      epoch: 7,
      canServe: true,
      caller: "a",
      state: "serving",
      phase: "ready",
      host: "a",
    }),
  ]);
  expect(Object.isFrozen(members[0])).toBe(true);
  expect(a.members.of("volume", 1)).toEqual([]);
  expect(b.members.of("volume", 2)).toEqual([]);
});

test("draining is said to the end, and then that it has stopped", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  const announcement = a.announcer.announce(volume("a"));
  announcement.setStatus(serving);
  await fleet.clock.advance(0);
  announcement.setStatus(draining);
  await fleet.clock.advance(100_000);
  expect(b.members.of("volume", 1)).toMatchObject([{ state: "draining", canServe: false }]);
  expect(b.told).not.toContain("gone volume a 1");
  announcement.end();
  await fleet.clock.advance(0);
  expect(b.members.of("volume", 1)).toEqual([]);
  expect(b.told.filter((line) => line.startsWith("gone"))).toEqual(["gone volume a 1"]);
});

test("a process that closes says so of all its managers", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  a.announcer.announce(volume("a@ssd"));
  a.announcer.announce(volume("a@hdd"));
  await fleet.clock.advance(0);
  await a.announcer.close();
  await a.announcer.close();
  await fleet.clock.advance(0);
  expect(b.members.of("volume", 1)).toEqual([]);
  expect(b.told.filter((line) => line.startsWith("gone"))).toEqual(["gone volume a@ssd 1", "gone volume a@hdd 1"]);
});

test("the pin is the lowest minor of those alive, and moves as they come and go", async () => {
  const fleet = new Fleet();
  const hosts = [await fleet.host("a"), await fleet.host("b"), await fleet.host("c")];
  const watcher = await fleet.host("d");
  const pins: (number | undefined)[] = [];
  watcher.members.onChange((manager, major) => pins.push(watcher.members.lowestMinor(manager, major)));
  expect(watcher.members.lowestMinor("volume", 1)).toBeUndefined();
  const first = hosts[0]!.announcer.announce(volume("h0", 1, "1.3"));
  const second = hosts[1]!.announcer.announce(volume("h1", 1, "1.1"));
  hosts[2]!.announcer.announce(volume("h2", 1, "2.0"));
  await fleet.clock.advance(0);
  expect(watcher.members.lowestMinor("volume", 1)).toBe(1);
  expect(watcher.members.lowestMinor("volume", 2)).toBe(0);
  second.end();
  await fleet.clock.advance(0);
  expect(watcher.members.lowestMinor("volume", 1)).toBe(3);
  first.setStatus({ ...serving, state: "failed", canServe: false });
  await fleet.clock.advance(0);
  expect(watcher.members.lowestMinor("volume", 1)).toBeUndefined();
  expect(pins.slice(-2)).toEqual([3, undefined]);
});

test("a higher epoch replaces a lower one at one address, and the lower is told to be gone once", async () => {
  const fleet = new Fleet();
  const [old, next, watcher] = [await fleet.host("a"), await fleet.host("b", { caller: "a" }), await fleet.host("c")];
  old.announcer.announce(volume("x", 3)).setStatus(serving);
  await fleet.clock.advance(0);
  next.announcer.announce(volume("x", 4));
  await fleet.clock.advance(10_000);
  expect(watcher.members.of("volume", 1)).toMatchObject([{ epoch: 4, sender: "s-b" }]);
  await old.announcer.close();
  await fleet.clock.advance(0);
  expect(watcher.members.of("volume", 1)).toMatchObject([{ epoch: 4, sender: "s-b" }]);
  expect(watcher.told.filter((line) => line.startsWith("gone"))).toEqual(["gone volume x 3"]);
});

test("an address belongs to the caller token that announced it first: a claim of another is ignored, counted, and told once", async () => {
  const fleet = new Fleet();
  const [a, forger, watcher] = [await fleet.host("a"), await fleet.host("forger"), await fleet.host("c")];
  const real = a.announcer.announce(volume("x", 3));
  real.setStatus(serving);
  await fleet.clock.advance(0);
  for (let epoch = 2 ** 53 - 20; epoch < 2 ** 53 - 1; epoch++) {
    forger.announcer.announce(volume("x", epoch)).end();
    await fleet.clock.advance(500);
    expect(watcher.members.of("volume", 1)).toMatchObject([{ epoch: 3, caller: "a", canServe: true }]);
  }
  expect(watcher.told).toEqual(["changed volume 1"]);
  expect(watcher.counters.value("members.ignored", { kind: "claimed" })).toBeGreaterThan(10);
  expect(watcher.log.lines.filter(({ level }) => level === "warn")).toMatchObject([
    { fields: { kind: "claimed", caller: "forger", what: "volume.v1 x" } },
  ]);
  real.end();
  await fleet.clock.advance(0);
  expect(watcher.members.of("volume", 1)).toEqual([]);
});

test("whoever was refused an address has it when nobody of the first token is there any more, however that one went", async () => {
  for (const ending of ["ends", "falls silent"] as const) {
    const fleet = new Fleet();
    let mute = false;
    const a = await fleet.host("a", { link: muted(() => mute) });
    const [other, watcher] = [await fleet.host("other"), await fleet.host("c")];
    const first = a.announcer.announce(volume("x", 9));
    await fleet.clock.advance(0);
    other.announcer.announce(volume("x", 1)).setStatus(serving);
    await fleet.clock.advance(1_000);
    expect(watcher.members.of("volume", 1)).toMatchObject([{ epoch: 9, caller: "a" }]);
    if (ending === "ends") first.end();
    else mute = true;
    await fleet.clock.advance(ending === "ends" ? 0 : 9_000);
    if (ending === "falls silent") {
      expect(watcher.members.of("volume", 1)).toMatchObject([{ epoch: 9, hearing: "lost" }]);
      await fleet.clock.advance(4_000);
    }
    expect(watcher.members.of("volume", 1)).toMatchObject([{ epoch: 1, caller: "other", canServe: true }]);
  }
});

test("a successor in the same process is heard of without a gap", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  const first = a.announcer.announce(volume("a", 1));
  first.setStatus(serving);
  await fleet.clock.advance(0);
  first.end();
  a.announcer.announce(volume("a", 2));
  first.setStatus(serving);
  await fleet.clock.advance(0);
  expect(b.members.of("volume", 1)).toMatchObject([{ epoch: 2, state: "booting" }]);
  expect(b.told.filter((line) => line.startsWith("gone"))).toEqual(["gone volume a 1"]);
});

test("two processes of one token that claim one incarnation are complained of, and the newer one counts", async () => {
  const fleet = new Fleet();
  const [a, b, watcher] = [await fleet.host("a"), await fleet.host("b", { caller: "a" }), await fleet.host("c")];
  a.announcer.announce(volume("x"));
  await fleet.clock.advance(0);
  b.announcer.announce(volume("x"));
  await fleet.clock.advance(20_000);
  expect(watcher.members.of("volume", 1)).toMatchObject([{ sender: "s-b" }]);
  expect(watcher.log.lines.filter(({ message }) => message?.includes("two processes claim"))).toHaveLength(1);
});

test("a process superseded by a newer one that has gone takes its address back only by saying so again", async () => {
  const fleet = new Fleet();
  const [a, b, watcher] = [await fleet.host("a"), await fleet.host("b", { caller: "a" }), await fleet.host("c")];
  const first = a.announcer.announce(volume("x", 1));
  await fleet.clock.advance(0);
  const second = b.announcer.announce(volume("x", 2));
  await fleet.clock.advance(100);
  second.end();
  await fleet.clock.advance(0);
  expect(watcher.members.of("volume", 1)).toEqual([]);
  first.setStatus(serving);
  await fleet.clock.advance(0);
  expect(watcher.members.of("volume", 1)).toMatchObject([{ sender: "s-a", epoch: 1 }]);
});

/** A link over which nothing leaves while it is muted. */
const muted = (mute: () => boolean) => (transport: Transport) =>
  altered(transport, {
    publish: (subject, data, options) => {
      if (!mute()) transport.publish(subject, data, options);
    },
  });

test("a silent process is suspect after 3 s and gets no calls, shown as lost after 5 s, dead after 10 s, and welcome again", async () => {
  const fleet = new Fleet();
  let mute = false;
  const [a, b] = [await fleet.host("a", { link: muted(() => mute) }), await fleet.host("b")];
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(1_000);
  const heardAt = fleet.clock.now();
  mute = true;
  const silent = (ms: number) => fleet.clock.advance(heardAt - 1_000 + ms - fleet.clock.now());
  await silent(2_900);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true, hearing: "heard" }]);
  await silent(3_600);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: false, hearing: "suspect" }]);
  await silent(5_600);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: false, hearing: "lost" }]);
  await silent(9_900);
  expect(b.told).not.toContain("gone volume a 1");
  await silent(10_600);
  expect(b.members.of("volume", 1)).toEqual([]);
  expect(b.told.filter((line) => line.startsWith("gone"))).toEqual(["gone volume a 1"]);
  mute = false;
  await fleet.clock.advance(2_000);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true, hearing: "heard" }]);
});

test("an address goes to a holder of another store only after a silence that nobody sits through without noticing; one of the same store has it at once", async () => {
  const fleet = new Fleet();
  let mute = false;
  const first = await fleet.host("a", { link: muted(() => mute) });
  const second = await fleet.host("a2", { caller: "a", host: "a" });
  const b = await fleet.host("b");
  const ends: [string | undefined, number | undefined][] = [];
  b.members.onGone(({ incarnation }, silentSince) => ends.push([incarnation, silentSince]));
  const claim = first.announcer.announce({ ...volume("a"), incarnation: "i1", store: "st1" });
  claim.setStatus(serving);
  claim.setHeld(0);
  await fleet.clock.advance(1_000);
  mute = true;
  // Its next heartbeat would be due 2 s after this one.
  const heardAt = 0;
  const silent = (ms: number) => fleet.clock.advance(heardAt + ms - fleet.clock.now());
  await silent(4_000);
  const other = second.announcer.announce({ ...volume("a"), incarnation: "i2", store: "st2" });
  other.setStatus(serving);
  other.setHeld(fleet.clock.now());
  await silent(8_400);
  expect(b.members.of("volume", 1)).toMatchObject([{ incarnation: "i1", hearing: "lost" }]);
  await silent(9_200);
  expect(b.members.of("volume", 1)).toMatchObject([{ incarnation: "i2", hearing: "heard" }]);
  expect(ends).toEqual([["i1", heardAt]]);
  const third = await fleet.host("a3", { caller: "a", host: "a" });
  third.announcer.announce({ ...volume("a", 2), incarnation: "i3", store: "st2" }).setStatus(serving);
  await fleet.clock.advance(100);
  expect(ends.slice(1)).toEqual([["i2", undefined]]);
});

test("an event loop that is held up is told by its heartbeats, and makes its managers degraded until it turns", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a", { intervalMs: 60_000 }), await fleet.host("b")];
  a.announcer.announce(volume("a@1")).setStatus(serving);
  a.announcer.announce(volume("a@2")).setStatus(draining);
  await fleet.clock.advance(0);
  let sequence = 100;
  const beat = async (lagMs: number) => {
    sequence += 1;
    a.transport.publish("reeve.sys.alive.a", encodeAlive({ sender: "s-a", sequence, everyMs: 60_000, lagMs }));
    await fleet.clock.advance(0);
  };
  await beat(5_000);
  expect(b.members.of("volume", 1)[0]).toMatchObject({ state: "serving", canServe: true });
  await beat(5_001);
  expect(b.members.of("volume", 1)).toMatchObject([
    { state: "degraded", phase: undefined, reasons: ["LOOP_LAGGING"], canServe: false },
    { state: "draining", reasons: [] },
  ]);
  const known = b.members.of("volume", 1)[0];
  await beat(7_000);
  expect(b.members.of("volume", 1)[0]).toBe(known);
  await beat(0);
  expect(b.members.of("volume", 1)[0]).toMatchObject({ state: "serving", phase: "ready", reasons: [], canServe: true });
});

test("who cannot hear anybody gives nobody up", async () => {
  const fleet = new Fleet();
  const a = await fleet.host("a");
  let deaf = false;
  let flushed = 0;
  const b = await fleet.host("b", {
    link: (transport) =>
      altered(transport, {
        subscribe: (subject, handler, options) =>
          transport.subscribe(subject, (message: Message) => (deaf ? undefined : handler(message)), options),
        flush: async () => {
          flushed += 1;
          if (deaf) throw reeveError("DEADLINE_EXCEEDED", "flush: the broker did not confirm");
          await transport.flush();
        },
      }),
  });
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(1_000);
  deaf = true;
  await fleet.clock.advance(60_000);
  expect(flushed).toBeGreaterThan(0);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true }]);
  deaf = false;
  await fleet.clock.advance(2_000);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true }]);
  expect(b.told).toEqual(["changed volume 1"]);
});

test("a broker that froze gives everybody time to be heard once it goes on", async () => {
  const fleet = new Fleet();
  let mute = false;
  let thaw = () => {};
  const a = await fleet.host("a", {
    link: (transport) =>
      altered(transport, {
        publish: (subject, data, options) => {
          if (!mute) transport.publish(subject, data, options);
        },
      }),
  });
  const b = await fleet.host("b", {
    link: (transport) =>
      altered(transport, {
        flush: () =>
          new Promise((resolve) => {
            thaw = resolve;
          }),
      }),
  });
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(1_000);
  mute = true;
  await fleet.clock.advance(30_000);
  thaw();
  await fleet.clock.advance(1_000);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true }]);
  mute = false;
  await fleet.clock.advance(2_000);
  expect(b.told).toEqual(["changed volume 1"]);
});

test("while the link is down nobody dies, and afterwards there is time to be heard", async () => {
  const fleet = new Fleet();
  const a = await fleet.host("a");
  const listeners: ((up: boolean) => void)[] = [];
  let up = true;
  const b = await fleet.host("b", {
    link: (transport) =>
      altered(transport, {
        get connected() {
          return up;
        },
        onLink: (listener) => {
          listeners.push(listener);
          return () => {};
        },
      }),
  });
  const setUp = (to: boolean) => {
    up = to;
    for (const listener of listeners) listener(to);
  };
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(0);
  setUp(false);
  await a.transport.close();
  await fleet.clock.advance(300_000);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true }]);
  setUp(true);
  await fleet.clock.advance(9_500);
  expect(b.members.of("volume", 1)).toMatchObject([{ hearing: "lost" }]);
  await fleet.clock.advance(2_000);
  expect(b.members.of("volume", 1)).toEqual([]);
});

test.each([6_000, 15_000, 40_000])(
  "a broker that is away for %i ms makes nobody dead, whoever is back first, and how much later the other is",
  async (ms) => {
    const fleet = new Fleet();
    const [a, b] = [await breakable(fleet, "a"), await breakable(fleet, "b")];
    for (const host of [a, b]) host.announcer.announce(volume(host.name)).setStatus(serving);
    await fleet.clock.advance(1_000);
    for (const [first, second] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const host of [a, b]) host.setUp(false);
      await fleet.clock.advance(ms);
      first.setUp(true);
      await fleet.clock.advance(8_000);
      expect(first.members.of("volume", 1)).toMatchObject([{ address: second.name, hearing: "lost", canServe: false }]);
      second.setUp(true);
      await fleet.clock.advance(1_000);
      for (const host of [a, b])
        expect(host.members.of("volume", 1)).toMatchObject([{ hearing: "heard", canServe: true }]);
    }
    for (const { told } of [a, b]) expect(told.filter((line) => line.startsWith("gone"))).toEqual([]);
  },
);

/** A host whose link a test takes away and gives back. */
async function breakable(fleet: Fleet, name: string) {
  const listeners = new Set<(up: boolean) => void>();
  let up = true;
  const host = await fleet.host(name, {
    link: (transport) =>
      altered(transport, {
        get connected() {
          return up;
        },
        publish: (subject, data, options) => {
          if (!up) throw reeveError("LINK_LOST", `publish to ${subject}`, { outcome: "never-sent" });
          transport.publish(subject, data, options);
        },
        subscribe: (subject, handler, options) =>
          transport.subscribe(subject, (message) => (up ? handler(message) : undefined), options),
        flush: async () => {
          if (!up) throw reeveError("LINK_LOST", "flush", { outcome: "never-sent" });
          await transport.flush();
        },
        onLink: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      }),
  });
  const setUp = (to: boolean) => {
    up = to;
    for (const listener of [...listeners]) listener(to);
  };
  return { ...host, name, setUp };
}

test("wall clocks that jump change nothing", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  fleet.clock.wallNow = () => Number.NaN;
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(60_000);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true }]);
});

test("malformed messages are counted, logged once, and harm nothing", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(0);
  const raw = fleet.hub.client({ caller: "z" });
  await raw.connect();
  for (const text of ["", "{", "[]", '{"type":"reeve.members.v1"}', `${"[".repeat(100_000)}`]) {
    raw.publish("reeve.sys.members.z", new TextEncoder().encode(text));
  }
  raw.publish("reeve.sys.members.z", new TextEncoder().encode('{"type":"reeve.members.v9"}'));
  await fleet.clock.advance(0);
  expect(b.counters.value("members.ignored", { kind: "malformed" })).toBe(4);
  expect(b.counters.value("members.ignored", { kind: "unknown" })).toBe(1);
  expect(b.log.lines.filter(({ level }) => level === "warn")).toHaveLength(2);
  expect(b.members.of("volume", 1)).toMatchObject([{ canServe: true }]);
});

test("nobody speaks for another: a sender belongs to the token it was first heard under", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  const messages: Uint8Array[] = [];
  b.transport.subscribe("reeve.sys.members.*", ({ data }) => void messages.push(data));
  const announcement = a.announcer.announce(volume("a"));
  await fleet.clock.advance(0);
  announcement.end();
  await fleet.clock.advance(0);
  a.announcer.announce(volume("a", 2));
  await fleet.clock.advance(0);
  const forged = new TextDecoder().decode(messages[1]).replace(/"sequence":\d+/, '"sequence":99');
  b.transport.publish("reeve.sys.members.b", new TextEncoder().encode(forged));
  await fleet.clock.advance(0);
  expect(b.counters.value("members.ignored", { kind: "foreign" })).toBe(1);
  expect(b.members.of("volume", 1)).toMatchObject([{ epoch: 2, caller: "a" }]);
});

test("a listener that throws is logged and keeps nobody from being told", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  const heard: string[] = [];
  b.members.onGone(() => {
    throw new Error("no");
  });
  const stop = b.members.onGone(({ address }) => heard.push(address));
  a.announcer.announce(volume("a@1")).end();
  const second = a.announcer.announce(volume("a@2"));
  await fleet.clock.advance(0);
  second.end();
  await fleet.clock.advance(0);
  expect(heard).toEqual(["a@2"]);
  expect(b.log.lines).toMatchObject([{ level: "error", message: "a listener to membership failed" }]);
  stop();
});

test("closed, it keeps no timer", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  a.announcer.announce(volume("a"));
  void b.members.discover("volume", 1);
  await fleet.clock.advance(0);
  await a.announcer.close();
  a.members.close();
  b.members.close();
  expect(fleet.clock.pending).toBe(0);
});

test("what every process says of its managers is told, believed or not, and what it says no more", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  const heard: string[] = [];
  const stop = b.members.onHeard(({ sender, caller, put, gone }) => {
    for (const { address, epoch } of put) heard.push(`${sender} ${caller} ${address} ${epoch}`);
    for (const place of gone) heard.push(`${sender} left ${place}`);
  });
  const first = a.announcer.announce(volume("a"));
  await fleet.clock.advance(0);
  expect(heard).toEqual(["s-a a a 1"]);
  a.announcer.announce(volume("a", 2)).end();
  await fleet.clock.advance(0);
  expect(heard.at(-1)).toBe("s-a left volume.v1 a");
  first.setStatus(serving);
  stop();
  const told = heard.length;
  a.announcer.announce(volume("a", 3));
  await fleet.clock.advance(0);
  expect(heard).toHaveLength(told);
  expect(b.members.at("volume", 1, "a")).toMatchObject({ epoch: 3 });
  expect(b.members.at("volume", 2, "a")).toBeUndefined();
});
