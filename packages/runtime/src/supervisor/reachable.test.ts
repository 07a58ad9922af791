import { call, contract, reeveError } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { defineManager } from "../manager/definition.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger, silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import type { Subscription, Transport } from "../transport/transport.ts";
import { connect } from "./connect.ts";
import { createSupervisor } from "./supervisor.ts";

const bells = contract("bell", "1.0", { ring: call({ input: z.object({}), output: z.string() }) });
const bellManager = defineManager({
  contract: bells,
  setup: ({ address }) => ({ operations: { ring: () => address } }),
});

/** A link on which what the test holds back is not with the broker: subscriptions, and its word on them. */
class SlowLink {
  #held = false;
  #cut = false;
  readonly #kept: (() => void)[] = [];

  readonly wrap = (inner: Transport): Transport =>
    new Proxy(inner, {
      get: (target, name) => {
        if (name === "connected") return !this.#cut && inner.connected;
        if (name === "subscribe") return this.#subscribe(inner);
        if (name === "flush") return () => this.#flush(inner);
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });

  hold(): void {
    this.#held = true;
  }

  /** What comes from now on is not held back; what was is still. */
  letPass(): void {
    this.#held = false;
  }

  release(): void {
    this.#held = false;
    for (const pass of this.#kept.splice(0)) pass();
  }

  cut(): void {
    this.#cut = true;
  }

  #subscribe(inner: Transport): Transport["subscribe"] {
    return (...subscribed) => {
      if (!this.#held) return inner.subscribe(...subscribed);
      let made: Subscription | undefined;
      let ended = false;
      this.#kept.push(() => {
        if (!ended) made = inner.subscribe(...subscribed);
      });
      const end = () => {
        ended = true;
        made?.unsubscribe();
      };
      return { unsubscribe: end, drain: async () => end() };
    };
  }

  async #flush(inner: Transport): Promise<void> {
    if (this.#cut) throw reeveError("LINK_LOST", "flush: cut");
    if (this.#held) await new Promise<void>((resolve) => this.#kept.push(resolve));
    await inner.flush();
  }
}

/** A host whose managers come to be known over a slow link, held back from when its bell opens. */
async function tower() {
  const hub = inProcess();
  const clock = new ManualClock();
  const log = recordingLogger();
  const link = new SlowLink();
  const supervisor = createSupervisor({
    host: "a",
    transport: link.wrap(hub.client({ caller: "a" })),
    store: sqlite({ path: ":memory:" }),
    log,
    clock,
  });
  onTestFinished(async () => {
    link.release();
    await supervisor.stop();
  });
  const ready = (address = "a") =>
    supervisor.until("bell", address, ({ status: { phase, state } }) => phase === "ready" || state === "degraded");
  /** What a process that has just come gets of the bell. */
  const rings = async () => {
    await using newcomer = await connect({ transport: hub.client({ caller: "newcomer" }), log: silentLogger });
    return await newcomer
      .ref(bells)
      .ring({})
      .catch(({ reason }) => reason);
  };
  return { supervisor, clock, log, link, ready, rings };
}

/** Whether a promise has settled by the time that all there was to do is done. */
async function settled(clock: ManualClock, promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  const end = () => {
    over = true;
  };
  promise.then(end, end);
  await clock.advance(0);
  return over;
}

test("a start resolves when a process that joins then finds the managers and reaches them", async () => {
  const { supervisor, clock, link, ready, rings } = await tower();
  supervisor.spawn(bellManager);
  link.hold();
  const starting = supervisor.start();
  await ready();
  expect(await settled(clock, starting)).toBe(false);
  expect(await rings()).toBe("NO_RESPONDERS");
  link.release();
  await starting;
  expect(await rings()).toBe("a");
});

test("so does one that is spawned later, and one that is restarted", async () => {
  const { supervisor, clock, link, ready, rings } = await tower();
  await supervisor.start();
  link.hold();
  const spawned = supervisor.spawn(bellManager, { backend: "late" });
  const late = spawned.ready();
  await ready("a@late");
  expect(await settled(clock, late)).toBe(false);
  link.release();
  await late;
  expect(await rings()).toBe("a@late");
  const restarting = supervisor.restart("bell", "a@late");
  await supervisor.until("bell", "a@late", ({ status }) => status.state === "booting");
  link.hold();
  await ready("a@late");
  expect(await settled(clock, restarting)).toBe(false);
  link.release();
  await restarting;
  expect(await rings()).toBe("a@late");
});

test("a broker that does not confirm keeps no start from going on for longer than 5 s", async () => {
  const { supervisor, clock, log, link, ready } = await tower();
  supervisor.spawn(bellManager);
  link.hold();
  const starting = supervisor.start();
  await ready();
  await clock.advance(4_999);
  expect(await settled(clock, starting)).toBe(false);
  await clock.advance(1);
  await starting;
  expect(log.lines.filter(({ message }) => message?.includes("did not confirm"))).toMatchObject([
    { level: "warn", fields: { withinMs: 5_000 } },
  ]);
});

test("without a link a start does not wait for it", async () => {
  const { supervisor, log, link } = await tower();
  supervisor.spawn(
    defineManager({
      contract: bells,
      setup: ({ address }) => {
        link.cut();
        return { operations: { ring: () => address } };
      },
    }),
  );
  await supervisor.start();
  expect(log.lines.filter(({ message }) => message?.includes("did not confirm"))).toEqual([]);
});

test("a stop ends a start that waits for the broker", async () => {
  const { supervisor, clock, log, link, ready } = await tower();
  supervisor.spawn(bellManager);
  link.hold();
  const starting = supervisor.start();
  await ready();
  expect(await settled(clock, starting)).toBe(false);
  link.letPass();
  const refused = expect(starting).rejects.toMatchObject({ reason: "NOT_SERVING" });
  await supervisor.stop();
  await refused;
  // Nothing waits on for the broker's word.
  expect(clock.pending).toBe(0);
  expect(log.lines.filter(({ message }) => message?.includes("did not confirm"))).toEqual([]);
});
