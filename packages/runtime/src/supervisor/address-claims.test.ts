import { call, contract } from "@reeve/contract";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { defineManager } from "../manager/definition.ts";
import { column, defineStore, table } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { recordingLogger, silentLogger } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import { linkLost } from "../transport/refusals.ts";
import type { Message, MessageHandler, Transport } from "../transport/transport.ts";
import { connect } from "./connect.ts";
import { createSupervisor } from "./supervisor.ts";

const bells = contract("bell", "1.0", {
  ring: call({ input: z.object({ n: z.number() }), output: z.string(), timeout: "30s" }),
});

const bellStore = defineStore("bell", { tables: { marks: table({ id: column.text().primaryKey() }) } });

/** The link of a process that can be cut, and that hears nothing while the process stands still. */
class Line {
  #up = true;
  #still = false;
  readonly #kept: (() => void)[] = [];
  readonly #listeners = new Set<(up: boolean) => void>();

  readonly wrap = (inner: Transport): Transport =>
    new Proxy(inner, {
      get: (target, name) => {
        if (name === "connected") return this.#up && inner.connected;
        if (name === "subscribe")
          return (subject: string, handler: MessageHandler, options: object) =>
            inner.subscribe(subject, (message) => this.#hear(message, handler), options);
        if (name === "publish")
          return (...published: Parameters<Transport["publish"]>) => {
            if (!this.#up) throw linkLost("publish", "never-sent");
            inner.publish(...published);
          };
        if (name === "flush")
          return async () => {
            if (!this.#up) throw linkLost("flush", "never-sent");
            await inner.flush();
          };
        if (name === "onLink")
          return (listener: (up: boolean) => void) => {
            this.#listeners.add(listener);
            return () => this.#listeners.delete(listener);
          };
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });

  set(up: boolean): void {
    this.#up = up;
    for (const listener of [...this.#listeners]) listener(up);
  }

  stop(): void {
    this.#still = true;
  }

  /** What lay in its socket comes first, before any timer. */
  goOn(): void {
    this.#still = false;
    for (const hear of this.#kept.splice(0)) hear();
  }

  #hear(message: Message, handler: MessageHandler): void {
    if (!this.#up) return;
    if (this.#still) this.#kept.push(() => void handler(message));
    else void handler(message);
  }
}

/** Time passes for several processes. */
async function together(ms: number, ...towers: readonly { readonly clock: ManualClock }[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) for (const { clock } of towers) await clock.advance(100);
}

/** Time passes until that has happened. */
async function until(happened: Promise<unknown>, ...towers: readonly { readonly clock: ManualClock }[]): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  happened.then(end, end);
  for (let turn = 0; turn < 100 && !over; turn++) await together(100, ...towers);
  await happened;
}

/** A broker, and processes of the host "a", each with a clock and a store of its own. */
function town() {
  const hub = inProcess();

  function tower({ durable = false } = {}) {
    const [clock, line, log] = [new ManualClock(), new Line(), recordingLogger()];
    const done: string[] = [];
    const supervisor = createSupervisor({
      host: "a",
      transport: line.wrap(hub.client()),
      store: sqlite({ path: ":memory:" }),
      log,
      clock,
    });
    const bellManager = defineManager({
      contract: bells,
      store: bellStore,
      setup: () => ({
        initHost: () => void done.push("initHost"),
        operations: { ring: ({ n }) => `rang ${done.push(`ring ${n}`)}` },
        periodic: { polish: { every: "1m", durable, run: () => void done.push("polish") } },
      }),
    });
    supervisor.spawn(bellManager);
    onTestFinished(async () => {
      line.set(true);
      await supervisor.stop();
    });
    const state = (address = "a") => {
      const { status } = supervisor.managers().find((manager) => manager.address === address)!;
      return [status.state, ...status.causes.map(({ reason }) => reason)].join(" ");
    };
    const rings = () => done.filter((what) => what.startsWith("ring"));
    return { supervisor, clock, line, log, done, rings, state, bellManager };
  }

  async function caller() {
    const connection = await connect({ transport: hub.client({ caller: "cli" }), log: silentLogger });
    onTestFinished(() => connection.close());
    return connection.ref(bells);
  }

  /** A host that only calls, by a clock of its own. */
  async function gate() {
    const clock = new ManualClock();
    const transport = hub.client({ caller: "gate" });
    const supervisor = createSupervisor({
      host: "gate",
      transport,
      store: sqlite({ path: ":memory:" }),
      log: silentLogger,
      clock,
    });
    onTestFinished(() => supervisor.stop());
    await supervisor.start();
    return { clock, bell: supervisor.ref(bells) };
  }
  return { hub, tower, caller, gate };
}

test("of two processes with a store each the later one waits: no call, no hook, no task; and serves when the other has gone", async () => {
  const { tower, caller } = town();
  const [first, second] = [tower(), tower()];
  await first.supervisor.start();
  await second.supervisor.start();
  expect(second.state()).toBe("degraded ADDRESS_CLAIMED");
  expect(second.supervisor.managers()[0]!.status.causes[0]!.message).toMatch(
    /^process \S+ holds bell\/a, with a store of its own; stop one of the two, or give one of them another host name/,
  );
  expect(second.log.lines).toContainEqual(
    expect.objectContaining({ level: "warn", message: expect.stringContaining("holds bell/a") }),
  );
  const refused = second.supervisor.ref(bells).at("a").ring({ n: 0 });
  await expect(refused).rejects.toMatchObject({ reason: "NOT_SERVING", data: { state: "degraded" } });
  const bell = await caller();
  for (let n = 1; n <= 10; n++) await bell.at("a").ring({ n });
  expect(await bell.all().ring({ n: 11 })).toHaveLength(1);
  expect(await bell.ring({ n: 12 })).toBe("rang 13");
  await together(180_000, first, second);
  expect(second.done).toEqual([]);
  expect(first.rings()).toHaveLength(12);
  await first.supervisor.stop();
  await second.supervisor.until("bell", "a", ({ status }) => status.phase === "ready");
  expect(await bell.at("a").ring({ n: 13 })).toBe("rang 2");
  expect(second.done).toEqual(["initHost", "ring 13"]);
});

test("a machine that slept while its place was taken runs nothing when it wakes, and waits", async () => {
  const { tower, gate } = town();
  const [first, second] = [tower(), tower()];
  await first.supervisor.start();
  const { bell, ...caller } = await gate();
  await until(bell.at("a").ring({ n: 0 }), first, caller);
  await together(4_000, first, caller);
  first.line.stop();
  // Asked in vain: who sleeps says nothing.
  await until(second.supervisor.start(), second);
  expect(second.state()).toBe("serving");
  // It has them in its socket too, and may go on: as long as it may do so without noticing that it stood still, nobody else runs them.
  const rung = [1, 2, 3, 4, 5].map((n) => bell.at("a").ring({ n }));
  await together(5_000, second, caller);
  expect(second.rings()).toEqual([]);
  await until(Promise.all(rung), second, caller);
  await second.clock.advance(20_000);
  first.clock.sleep(60_000);
  first.line.goOn();
  // Where the other's heartbeat is the first thing that it hears, it knows already.
  expect(first.state()).toMatch(/STOOD_STILL|ADDRESS_CLAIMED/);
  await expect(first.supervisor.ref(bells).at("a").ring({ n: 9 })).rejects.toMatchObject({ reason: "NOT_SERVING" });
  await first.clock.advance(1_000);
  expect(first.state()).toContain("ADDRESS_CLAIMED");
  await until(bell.at("a").ring({ n: 6 }), first, second, caller);
  expect(first.rings()).toEqual(["ring 0"]);
  expect(second.rings()).toHaveLength(6);
  expect(second.state()).toBe("serving");
});

test("a durable task that fell due while another process held the address runs as soon as that has gone, not an interval later", async () => {
  const { tower } = town();
  const [first, second] = [tower({ durable: true }), tower()];
  const polished = () => first.done.filter((what) => what === "polish").length;
  await first.supervisor.start();
  await first.clock.advance(4_000);
  first.line.stop();
  await until(second.supervisor.start(), second);
  await second.clock.advance(20_000);
  first.clock.sleep(50_000);
  first.line.goOn();
  await first.clock.advance(1_000);
  expect(first.state()).toContain("ADDRESS_CLAIMED");
  await together(60_000, first, second);
  expect(polished()).toBe(0);
  await second.supervisor.stop();
  await first.supervisor.until("bell", "a", ({ status }) => status.phase === "ready");
  await first.clock.advance(100);
  expect(polished()).toBe(1);
  await first.clock.advance(55_000);
  expect(polished()).toBe(2);
});

test("a machine that slept and was replaced by nobody takes what came meanwhile, once it has asked", async () => {
  const { tower, caller } = town();
  const first = tower();
  await first.supervisor.start();
  const bell = await caller();
  await bell.at("a").ring({ n: 0 });
  first.line.stop();
  const answers = [bell.at("a").ring({ n: 1 }), bell.at("a").ring({ n: 2 })];
  await first.clock.advance(0);
  first.clock.sleep(60_000);
  first.line.goOn();
  await first.clock.advance(0);
  expect(first.rings()).toEqual(["ring 0"]);
  await first.clock.advance(1_000);
  await Promise.all(answers);
  expect(first.rings()).toEqual(["ring 0", "ring 1", "ring 2"]);
});

test.each([
  ["for less than others wait, keeps its address when it is back", 8_000, "serving", "degraded ADDRESS_CLAIMED"],
  ["for so long that others took it for dead, waits when it is back", 30_000, "degraded ADDRESS_CLAIMED", "serving"],
])("a host whose link is away %s", async (_, awayMs, firstState, secondState) => {
  const { tower, caller } = town();
  const [first, second] = [tower(), tower()];
  await first.supervisor.start();
  await first.clock.advance(10_000);
  first.line.set(false);
  await until(second.supervisor.start(), first, second);
  // Without a link it serves its own process, and whatever is spawned there.
  expect(await first.supervisor.ref(bells).at("a").ring({ n: 1 })).toBe("rang 2");
  await first.supervisor.spawn(first.bellManager, { backend: "late" }).ready();
  expect(await first.supervisor.ref(bells).at("a@late").ring({ n: 2 })).toBe("rang 4");
  await together(awayMs, first, second);
  first.line.set(true);
  await together(3_000, first, second);
  expect([first.state(), second.state()]).toEqual([firstState, secondState]);
  expect(first.state("a@late")).toBe("serving");
  const rung = first.rings().length + second.rings().length;
  const bell = await caller();
  const answers = [bell.at("a").ring({ n: 3 }), bell.at("a@late").ring({ n: 4 })];
  await until(Promise.all(answers), first, second);
  expect(first.rings().length + second.rings().length).toBe(rung + 2);
});

test.each([["anonymous", /its caller is "anonymous"/]])("a supervisor announces nothing as %s", (caller, message) => {
  const { hub } = town();
  expect(() => createSupervisor({ host: "a", transport: hub.client({ caller }) })).toThrow(message);
});

test("a transport without a caller is named after the host before anything is heard under it; a caller that was given stays", async () => {
  const { hub } = town();
  const named = hub.client();
  expect([named.caller, named.inbox]).toEqual(["anonymous", expect.stringMatching(/^_INBOX\.anonymous\./)]);
  createSupervisor({ host: "a", transport: named });
  expect([named.caller, named.inbox]).toEqual(["a", expect.stringMatching(/^_INBOX\.a\./)]);
  const given = hub.client({ caller: "gate" });
  createSupervisor({ host: "a", transport: given });
  expect(given.caller).toBe("gate");
});

test("whoever gives no name cannot be trusted to speak for others", () => {
  expect(() => createSupervisor({ host: "a", trustedForwarders: ["web", "anonymous"] })).toThrow(
    'createSupervisor: trustedForwarders: "anonymous" is every process that gives no name',
  );
});
