import { nats } from "@reeve/nats";
import { Members } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/transport";
import { silentLogger } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { Testimony } from "./checker.ts";
import { hold, long, note } from "./figure.ts";
import { keys } from "./load.ts";
import { Scene } from "./scene.ts";

vi.setConfig({ testTimeout: long ? 120_000 : 45_000 });

test("a member of a group that stops answering gets no further calls", async () => {
  const fault = "group member SIGSTOP";
  await using scene = await Scene.open();
  const frozen = await scene.serve({ host: "frozen" });
  await scene.serve({ host: "alive" });
  const { work } = await scene.caller();
  await using watch = await watcher(scene);
  await expect.poll(() => watch.serving()).toEqual(["alive", "frozen"]);
  // The caller has a view of its own: it may hear of one of them later than the watcher does.
  let round = 0;
  const answering = async () => {
    round += 1;
    return [...new Set(await Promise.all(keys(`asked ${round}`, 10).map((key) => work.run({ key }))))].sort();
  };
  await expect.poll(answering, { timeout: 20_000 }).toEqual(["alive", "frozen"]);
  const told = new Testimony();
  await Promise.all(keys("warm", 100).map((key) => told.of(key, work.run({ key }))));

  frozen.signal("SIGSTOP");
  const frozenAt = performance.now();
  await Promise.all(keys("early", 100).map((key) => told.of(key, work.run({ key }, { timeout: "1s" }))));
  const lostEarly = told.count("maybe-executed");
  await vi.waitFor(() => expect(watch.serving()).toEqual(["alive"]), { timeout: 20_000, interval: 20 });
  const noticedMs = performance.now() - frozenAt;
  // As the caller sees it.
  const lostOnes = async () => {
    round += 1;
    const probes = keys(`probe ${round}`, 10).map((key) => work.run({ key }, { timeout: "1s" }));
    return (await Promise.allSettled(probes)).filter(({ status }) => status === "rejected").length;
  };
  await expect.poll(lostOnes, { timeout: 20_000 }).toBe(0);
  const later = await Promise.all(
    keys("later", 400).map((key) => told.of(key, work.run({ key }, { timeout: long ? "2s" : "10s" }))),
  );
  const lost = later.filter((ending) => ending !== "value").length;
  hold({ fault, invariant: "calls lost after detection", bound: { is: 0 }, figure: lost / 4, unit: "%" });
  note({ fault, invariant: "calls lost before it", bound: { atMost: 60 }, figure: lostEarly, unit: "%" });
  note({ fault, invariant: "detected after", bound: { atMost: 10_000 }, figure: noticedMs, unit: "ms" });

  frozen.signal("SIGCONT");
  // What came to it while it stood still has been taken in before the calls that it answers now.
  await expect.poll(answering, { timeout: 20_000 }).toEqual(["alive", "frozen"]);
  const runs = scene.ledger.runs();
  const late = keys("early", 100).filter((key) => runs.has(key) && told.endings.get(key) !== "value");
  hold({ fault, invariant: "expired executions", bound: { is: 0 }, figure: late.length });
});

test("handlers that throw, reject or never settle harm no other call", async () => {
  const fault = "handler throws, rejects, hangs";
  await using scene = await Scene.open();
  await scene.serve({ limits: { maxInFlight: 256, drainTimeout: "1s" } });
  const { work } = await scene.caller();
  const told = new Testimony();
  const endings = new Map<string, number>();
  const bad = (["throws", "rejects", "never settles"] as const).flatMap((how) =>
    keys(how, 50).map(async () => {
      // Only of those that never settle is the end known to be the deadline.
      const reason = await work.fail({ how }, how === "never settles" ? { timeout: "1s" } : {}).then(
        () => "value",
        (error) => error.reason as string,
      );
      endings.set(`${how}: ${reason}`, (endings.get(`${how}: ${reason}`) ?? 0) + 1);
    }),
  );
  const good = keys("k", 300).map((key) => told.of(key, work.run({ key })));
  await Promise.all([...bad, ...good]);
  expect(Object.fromEntries(endings)).toEqual({
    "throws: UNDECLARED": 50,
    "rejects: UNDECLARED": 50,
    "never settles: DEADLINE_EXCEEDED": 50,
  });
  hold({ fault, invariant: "other calls lost", bound: { is: 0 }, figure: 300 - told.count("value") });
  const { unexplained } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
});

test("SIGTERM with 100 calls in flight: each is answered before the process ends", async () => {
  const fault = "SIGTERM, 100 calls in flight";
  await using scene = await Scene.open();
  const server = await scene.serve({ limits: { maxInFlight: 100 } });
  const { work } = await scene.caller();
  const told = new Testimony();
  const flying = keys("flying", 100).map((key) => told.of(key, work.run({ key, holdMs: 1_500 })));
  const queued = keys("queued", 50).map((key) => told.of(key, work.run({ key })));
  await vi.waitFor(() => expect(scene.ledger.runs().size).toBe(100), { timeout: 10_000, interval: 20 });
  server.signal("SIGTERM");
  const answered = (await Promise.all(flying)).filter((ending) => ending === "value").length;
  hold({ fault, invariant: "unanswered", bound: { is: 0 }, figure: 100 - answered });
  await Promise.all(queued);
  await server.ended();
  const { unexplained } = told.compare(scene.ledger.runs());
  hold({ fault, invariant: "unexplained outcomes, 50 waiting", bound: { is: 0 }, figure: unexplained.length });
});

test("an event loop that was blocked drops what has expired meanwhile", async () => {
  const blockedMs = long ? 5_000 : 1_500;
  const fault = `event loop blocked ${blockedMs / 1_000} s`;
  await using scene = await Scene.open();
  const server = await scene.serve();
  const { work } = await scene.caller();
  const told = new Testimony();
  await Promise.all(keys("before", 20).map((key) => told.of(key, work.run({ key }))));
  server.block(blockedMs);
  await server.said("blocked");
  const expired = keys("late", 50);
  await Promise.all(expired.map((key) => told.of(key, work.run({ key }, { timeout: blockedMs / 3 }))));
  await server.said("free");
  expect(await told.of("after", work.run({ key: "after" }))).toBe("value");
  const runs = scene.ledger.runs();
  const zombies = expired.filter((key) => runs.has(key));
  hold({ fault, invariant: "expired executions", bound: { is: 0 }, figure: zombies.length });
  const { unexplained } = told.compare(runs);
  hold({ fault, invariant: "unexplained outcomes", bound: { is: 0 }, figure: unexplained.length });
});

async function watcher(scene: Scene): Promise<AsyncDisposable & { serving(): readonly string[] }> {
  const link = nats({ servers: scene.broker.url, caller: "watcher" });
  await link.connect();
  const counters = { counter: () => ({ add() {} }) };
  const members = new Members({ clock: systemClock, link, sender: "watcher", log: silentLogger, counters });
  await members.discover("work", 1);
  return {
    serving: () =>
      members
        .of("work", 1)
        .filter(({ canServe }) => canServe)
        .map(({ address }) => address)
        .sort(),
    async [Symbol.asyncDispose]() {
      members.close();
      await link.close();
    },
  };
}
