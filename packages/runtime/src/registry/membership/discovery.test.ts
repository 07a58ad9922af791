import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { alike, Denials } from "../../transport/denials.ts";
import type { Transport } from "../../transport/transport.ts";
import { altered, Fleet, serving } from "./fleet.fixture.ts";

/** Hears no news, only answers: as if it had come a moment after everybody's last news. */
const withoutNews = (transport: Transport) =>
  altered(transport, {
    subscribe: (subject, handler, options) =>
      transport.subscribe(/^reeve\.sys\.(members|alive)\.\*$/.test(subject) ? "nowhere" : subject, handler, options),
  });

function settled(promise: Promise<void> | undefined): () => boolean {
  let done = false;
  void promise?.then(() => {
    done = true;
  });
  return () => done;
}

test("the first use of a manager finds who was there before; the second asks nobody", async () => {
  const fleet = new Fleet();
  const [a, b, c] = [
    await fleet.host("a"),
    await fleet.host("b"),
    await fleet.host("c", { link: withoutNews, discoveryQuietMs: 50 }),
  ];
  for (const [host, name] of [
    [a, "a"],
    [b, "b"],
  ] as const)
    host.announcer.announce({ manager: "volume", version: "1.0", address: name, epoch: 1 }).setStatus(serving);
  b.announcer.announce({ manager: "network", version: "1.0", address: "b", epoch: 1 });
  await fleet.clock.advance(0);
  const done = settled(c.members.discover("volume", 1));
  await fleet.clock.advance(49);
  expect(c.members.of("volume", 1)).toMatchObject([{ address: "a" }, { address: "b" }]);
  expect(done()).toBe(false);
  await fleet.clock.advance(1);
  expect(done()).toBe(true);
  expect(c.members.discover("volume", 1)).toBeUndefined();
  expect(c.members.of("network", 1)).toEqual([]);
});

test("nobody there is known at once, without waiting for the bound", async () => {
  const fleet = new Fleet();
  const a = await fleet.host("a");
  const done = settled(a.members.discover("volume", 1));
  await fleet.clock.advance(0);
  expect(done()).toBe(true);
});

test("a listener to everything hides that nobody is there, for no longer than the bound", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a", { discoveryTimeoutMs: 500 }), await fleet.host("b")];
  b.transport.subscribe(">", () => {});
  const done = settled(a.members.discover("volume", 1));
  await fleet.clock.advance(499);
  expect(done()).toBe(false);
  await fleet.clock.advance(1);
  expect(done()).toBe(true);
});

test("who has the question and is slow to answer is waited for", async () => {
  const fleet = new Fleet();
  const b = await fleet.host("b");
  b.announcer.announce({ manager: "volume", version: "1.0", address: "b", epoch: 1 });
  await fleet.clock.advance(0);
  const a = await fleet.host("a", {
    link: (transport) =>
      altered(withoutNews(transport), {
        subscribe: (subject, handler, options) =>
          withoutNews(transport).subscribe(
            subject,
            (message) => {
              if (!subject.includes(".found.")) return handler(message);
              fleet.clock.setTimeout(() => void handler(message), 4_000);
            },
            options,
          ),
      }),
  });
  const done = settled(a.members.discover("volume", 1));
  await fleet.clock.advance(3_999);
  expect(done()).toBe(false);
  await fleet.clock.advance(60);
  expect(done()).toBe(true);
  expect(a.members.of("volume", 1)).toHaveLength(1);
});

test.each(["publish", "subscribe"] as const)("where the broker refuses to %s, nobody is waited for", async (right) => {
  const fleet = new Fleet();
  const b = await fleet.host("b");
  b.announcer.announce({ manager: "volume", version: "1.0", address: "b", epoch: 1 });
  await fleet.clock.advance(0);
  const denials = new Denials(() => {});
  const a = await fleet.host("a", { link: (transport) => altered(withoutNews(transport), { denials }) });
  const subject = { publish: "reeve.sys.wanted.members.volume.v1.a", subscribe: "reeve.sys.found.members.a.*" }[right];
  denials.add({ right, subject: alike(subject) });
  const done = settled(a.members.discover("volume", 1));
  await new Promise(setImmediate);
  await fleet.clock.advance(0);
  expect(done()).toBe(true);
});

test("an answer that came while the process stood still counts, though the bound has passed", async () => {
  const fleet = new Fleet();
  const b = await fleet.host("b");
  b.announcer.announce({ manager: "volume", version: "1.0", address: "b", epoch: 1 });
  await fleet.clock.advance(0);
  const held: (() => void)[] = [];
  const a = await fleet.host("a", {
    discoveryTimeoutMs: 500,
    // What comes is read when the loop goes on; the broker's word on a flush comes behind it.
    link: (transport) =>
      altered(transport, {
        subscribe: (subject, handler) =>
          transport.subscribe(subject, (message) => {
            if (subject.includes(".found.")) held.push(() => void handler(message));
            else void handler(message);
          }),
        flush: async () => {
          for (const hand of held.splice(0)) hand();
          await transport.flush();
        },
      }),
  });
  const done = settled(a.members.discover("volume", 1));
  await fleet.clock.advance(499);
  expect(held).toHaveLength(1);
  expect(a.members.of("volume", 1)).toEqual([]);
  await fleet.clock.advance(1);
  await fleet.clock.advance(60);
  expect(done()).toBe(true);
  expect(a.members.of("volume", 1)).toHaveLength(1);
});

test("those who ask together share a round", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  let questions = 0;
  b.transport.subscribe("reeve.sys.wanted.members.>", () => {
    questions += 1;
  });
  const first = a.members.discover("volume", 1);
  expect(a.members.discover("volume", 1)).toBe(first);
  await fleet.clock.advance(1_000);
  expect(questions).toBe(1);
});

test("without a link the round waits for one; after a lost link another is made", async () => {
  const fleet = new Fleet();
  let up = false;
  const listeners: ((up: boolean) => void)[] = [];
  const a = await fleet.host("a", {
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
  const done = settled(a.members.discover("volume", 1));
  await fleet.clock.advance(60_000);
  expect(done()).toBe(false);
  setUp(true);
  await fleet.clock.advance(0);
  expect(done()).toBe(true);
  expect(a.members.discover("volume", 1)).toBeUndefined();
  setUp(false);
  const again = settled(a.members.discover("volume", 1));
  await fleet.clock.advance(60_000);
  expect(again()).toBe(false);
  setUp(true);
  await fleet.clock.advance(0);
  expect(again()).toBe(true);
});

test("a question that cannot be sent costs the bound and fails nobody", async () => {
  const fleet = new Fleet();
  const a = await fleet.host("a", {
    discoveryTimeoutMs: 500,
    link: (transport) =>
      altered(transport, {
        publish: () => {
          throw reeveError("LINK_SATURATED", "slow down", { data: { unconfirmedBytes: 1, limitBytes: 1 } });
        },
      }),
  });
  const done = settled(a.members.discover("volume", 1));
  await fleet.clock.advance(500);
  expect(done()).toBe(true);
});

test("answers go to askers only: a question that wants them elsewhere is answered to nobody, and that is told once", async () => {
  const fleet = new Fleet();
  const [a, z] = [await fleet.host("a"), fleet.hub.client({ caller: "z" })];
  await z.connect();
  a.announcer.announce({ manager: "volume", version: "1.0", address: "a", epoch: 1 });
  await fleet.clock.advance(0);
  const heard: string[] = [];
  z.subscribe(">", ({ subject }) => void heard.push(subject));
  const ask = (reply?: string) =>
    z.publish("reeve.sys.wanted.members.volume.v1.z", new Uint8Array(0), reply === undefined ? {} : { reply });
  for (const reply of ["svc.admin.delete", "reeve.sys.members.a", "reeve.sys.found.members.x.z", "_INBOX.x.1"]) {
    ask(reply);
  }
  await fleet.clock.advance(0);
  expect(heard.filter((subject) => !subject.includes(".wanted."))).toEqual([]);
  expect(a.counters.value("members.ignored", { kind: "reply" })).toBe(4);
  expect(a.log.lines).toMatchObject([{ level: "warn", fields: { kind: "reply", caller: "z" } }]);
  for (const reply of [undefined, "_INBOX.z.1"]) {
    heard.length = 0;
    ask(reply);
    await fleet.clock.advance(0);
    expect(heard).toContain("reeve.sys.found.members.z.a");
  }
});

test("a round that runs when everything closes ends", async () => {
  const fleet = new Fleet();
  const a = await fleet.host("a");
  const round = a.members.discover("volume", 1);
  a.members.close();
  await round;
  expect(a.members.discover("network", 1)).toBeUndefined();
});

test("a host called v1 and managers called host are asked for apart from each other", async () => {
  const fleet = new Fleet();
  const [v1, other, asks] = [await fleet.host("v1"), await fleet.host("other"), await fleet.host("asks")];
  v1.announcer.announce({ manager: "volume", version: "1.0", address: "v1", epoch: 1 });
  other.announcer.announce({ manager: "host", version: "1.0", address: "other", epoch: 1 });
  await fleet.clock.advance(0);
  const answered: string[] = [];
  asks.transport.subscribe("reeve.sys.found.members.asks.*", ({ subject }) => void answered.push(subject));
  const asked = [asks.members.askHost("v1"), asks.members.discover("host", 1)];
  await fleet.clock.advance(1_000);
  await Promise.all(asked);
  expect(answered).toEqual(["reeve.sys.found.members.asks.v1", "reeve.sys.found.members.asks.other"]);
});
