import { expect, onTestFinished, test, vi } from "vitest";
import { silentLogger } from "../../telemetry/index.ts";
import type { Message, Transport } from "../../transport/transport.ts";
import type { Beat } from "./beat.ts";
import { decodeBeat } from "./beat-codec.ts";
import type { BeatThreadData } from "./beat-thread.ts";
import { Beater } from "./beater.ts";
import { BeatingThread, type FromBeatThread, type ToBeatThread } from "./beating-thread.ts";
import { altered, Fleet } from "./fleet.fixture.ts";
import { member } from "./member.fixture.ts";
import { SharedBeats } from "./shared-beats.ts";
import type { BeatThread, BeatThreadPort } from "./start-beat-thread.ts";
import { ThreadBeats } from "./thread-beats.ts";

/** A beat thread on the fleet's hub, which takes in what it is told when the test lets it. */
class SlowThread implements BeatThread {
  readonly #port: BeatThreadPort;
  readonly #link: Transport;
  readonly #thread: BeatingThread;
  readonly #inbox: ToBeatThread[] = [];
  #held = false;

  constructor({ hub, clock }: Fleet, { memory, ...data }: BeatThreadData, port: BeatThreadPort) {
    this.#port = port;
    this.#link = hub.client({ caller: "a" });
    const shared = new SharedBeats(memory);
    const tell = (message: FromBeatThread) => port.told(message);
    this.#thread = new BeatingThread({ ...data, clock, random: () => 0.5, link: this.#link, shared, tell });
  }

  connect(): Promise<void> {
    return this.#link.connect();
  }

  tell(message: ToBeatThread): void {
    this.#inbox.push(message);
    // Nobody waits for the end of a thread that hangs.
    if (!this.#held || message.kind === "stop") this.release();
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    for (const message of this.#inbox.splice(0)) {
      if (message.kind === "put") this.#thread.put(message);
      else void this.end();
    }
  }

  /** As one does that loses its link and has it again. */
  flap(): void {
    this.#port.told({ kind: "lost" });
    this.#port.told({ kind: "answering", number: 1 });
  }

  /** As one that crashes does. */
  async end(): Promise<void> {
    this.#thread.retire();
    await this.#link.close();
    this.#port.exited();
  }

  async terminate(): Promise<void> {}
}

/** The link of the process itself: what comes in can be kept on its way, and then is before the broker's word. */
class SlowLink {
  #held = false;
  readonly #coming: (() => void)[] = [];

  readonly wrap = (inner: Transport): Transport =>
    altered(inner, {
      subscribe: (subject, handler, options) => {
        let ended = false;
        const receive = (message: Message) => {
          if (!ended) return handler(message);
        };
        const subscription = inner.subscribe(
          subject,
          (message) => (this.#held ? void this.#coming.push(() => receive(message)) : receive(message)),
          options,
        );
        const unsubscribe = () => {
          ended = true;
          subscription.unsubscribe();
        };
        return { unsubscribe, drain: () => subscription.drain() };
      },
      flush: async () => {
        await inner.flush();
        if (this.#held) await new Promise<void>((resolve) => this.#coming.push(resolve));
      },
    });

  hold(): void {
    this.#held = true;
  }

  releaseNext(): void {
    this.#coming.shift()?.();
  }

  release(): void {
    this.#held = false;
    for (const come of this.#coming.splice(0)) come();
  }
}

async function threaded() {
  const fleet = new Fleet();
  const link = new SlowLink();
  const { transport } = await fleet.host("a", { link: link.wrap });
  const threads: SlowThread[] = [];
  let standIns = 0;
  const identity = { sender: "s1", host: "a", namespace: "reeve", everyMs: 2_000 };
  const beats = new ThreadBeats({
    ...identity,
    transport: { module: "", data: undefined },
    log: silentLogger,
    standIn: (nextSequence) => {
      standIns += 1;
      const beater = new Beater({
        ...identity,
        clock: fleet.clock,
        random: () => 0.5,
        link: transport,
        nextSequence,
        onTrouble: () => {},
      });
      return {
        put: (entries) => beater.put(entries),
        answering: () => beater.answering(),
        stop: () => beater.stop(),
        retire: () => {
          standIns -= 1;
          beater.retire();
        },
      };
    },
    startThread: (data, port) => {
      const thread = new SlowThread(fleet, data, port);
      threads.push(thread);
      return thread;
    },
  });
  onTestFinished(async () => {
    link.release();
    await beats.stop();
  });
  let newcomers = 0;
  /** How many a process that has just come finds. */
  const found = async (manager: string) => {
    newcomers += 1;
    const { members } = await fleet.host(`newcomer-${newcomers}`);
    const round = members.discover(manager, 1);
    await fleet.clock.advance(2_000);
    await round;
    return members.of(manager, 1).length;
  };
  return {
    fleet,
    link,
    beats,
    thread: threads[0]!,
    found,
    settle: () => fleet.clock.advance(0),
    get standIns() {
      return standIns;
    },
  };
}

test("what was put is found all the while that a thread takes over, slow as it may be", async () => {
  const world = await threaded();
  const { beats, thread, found, settle } = world;
  beats.put([member("a")]);
  thread.hold();
  beats.put([member("a", { manager: "network" })]);
  await thread.connect();
  await beats.answering();
  expect(world.standIns).toBe(1);
  expect(await found("network")).toBe(1);
  thread.release();
  await settle();
  expect(world.standIns).toBe(0);
  expect(await found("volume")).toBe(1);
  expect(await found("network")).toBe(1);
});

test("where the thread answers alone, a manager is said to be found when the thread has its subscriptions", async () => {
  const world = await threaded();
  const { beats, thread, found, settle } = world;
  await thread.connect();
  await settle();
  expect(world.standIns).toBe(0);
  thread.hold();
  beats.put([member("a")]);
  let said = false;
  const answering = beats.answering().then(() => {
    said = true;
  });
  expect(await found("volume")).toBe(0);
  expect(said).toBe(false);
  thread.release();
  await answering;
  expect(await found("volume")).toBe(1);
});

test("who waits for the thread has the stand-in when the thread ends, and does not wait for one that is stopped", async () => {
  const { beats, thread, found, settle } = await threaded();
  await thread.connect();
  await settle();
  thread.hold();
  beats.put([member("a")]);
  const answering = beats.answering();
  await thread.end();
  await answering;
  expect(await found("volume")).toBe(1);

  const stopped = await threaded();
  await stopped.thread.connect();
  await stopped.settle();
  stopped.thread.hold();
  stopped.beats.put([member("a")]);
  const waiting = stopped.beats.answering();
  await Promise.all([stopped.beats.stop(), waiting]);
  await stopped.beats.answering();
});

test("a question that was on its way before the thread could hear it is answered by the stand-in", async () => {
  const world = await threaded();
  const { fleet, link, beats, thread, settle } = world;
  beats.put([member("a")]);
  await settle();
  link.hold();
  // It learns by its question only.
  const { members } = await fleet.host("newcomer", {
    link: (inner) =>
      altered(inner, {
        subscribe: (subject, handler, options) =>
          inner.subscribe(subject, subject.includes(".beat.") ? () => {} : handler, options),
      }),
  });
  const round = members.discover("volume", 1);
  await settle();
  await thread.connect();
  await settle();
  link.release();
  await fleet.clock.advance(1_000);
  await round;
  expect(members.of("volume", 1)).toHaveLength(1);
  expect(world.standIns).toBe(0);
});

test("a thread that is lost while it takes over, back meanwhile or not, leaves the stand-in there", async () => {
  const world = await threaded();
  const { link, beats, thread, found, settle } = world;
  beats.put([member("a")]);
  link.hold();
  await thread.connect();
  await settle();
  thread.flap();
  link.releaseNext();
  await settle();
  // What was asked meanwhile may still be on its way.
  expect(world.standIns).toBe(1);
  thread.flap();
  await thread.end();
  link.release();
  await settle();
  expect(world.standIns).toBe(1);
  expect(await found("volume")).toBe(1);
});

test("a thread that the stand-in outdoes while it makes a beat keeps that to itself", async () => {
  const fleet = new Fleet();
  const { hub, clock } = fleet;
  const { transport } = await fleet.host("listener");
  const beats: (Beat | undefined)[] = [];
  transport.subscribe("reeve.sys.members.beat.*", ({ data }) => void beats.push(decodeBeat(data, () => 0)));
  const link = hub.client({ caller: "a" });
  await link.connect();
  const shared = new SharedBeats();
  vi.spyOn(shared, "nextSequence").mockImplementationOnce(() => {
    shared.standInKnows = 2;
    return 1;
  });
  const thread = new BeatingThread({
    sender: "s1",
    host: "a",
    namespace: "reeve",
    everyMs: 60_000,
    clock,
    random: () => 0.5,
    link,
    shared,
    told: { number: 1, entries: [member("a")] },
    tell: () => {},
  });
  onTestFinished(async () => {
    await thread.stop();
    await link.close();
  });
  await clock.advance(1_000);
  expect(shared.nextSequence).toHaveBeenCalledTimes(1);
  expect(beats).toEqual([]);
  thread.put({ number: 2, entries: [member("a", { manager: "network" })] });
  await clock.advance(1_000);
  expect(beats).toMatchObject([{ members: [{ manager: "volume" }, { manager: "network" }] }]);
});
