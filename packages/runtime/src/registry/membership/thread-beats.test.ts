import { expect, onTestFinished, test, vi } from "vitest";
import { recordingLogger } from "../../telemetry/index.ts";
import type { MemberEntry } from "./beat.ts";
import type { ToBeatThread } from "./beating-thread.ts";
import { member } from "./member.fixture.ts";
import type { BeatThreadPort } from "./start-beat-thread.ts";
import { ThreadBeats } from "./thread-beats.ts";

interface Told {
  readonly put: string[];
  retired: number;
  stopped: number;
}

/** Notes what the stand-in is told. */
function standIn(told: Told) {
  return (nextSequence: () => number) => ({
    put: (entries: readonly MemberEntry[]) => {
      for (const { address } of entries) told.put.push(`${address} ${nextSequence()}`);
    },
    answering: async () => {},
    retire: () => {
      told.retired += 1;
    },
    stop: async () => {
      told.stopped += 1;
    },
  });
}

test("a thread that fails is told of and started again; the stand-in beats meanwhile, and says the last word", async () => {
  const log = recordingLogger();
  const told: Told = { put: [], retired: 0, stopped: 0 };
  const beats = new ThreadBeats({
    transport: { module: "file:///no-such-file.js", data: {} },
    sender: "s1",
    host: "h1",
    namespace: "reeve",
    everyMs: 1_000,
    log,
    standIn: standIn(told),
  });
  onTestFinished(() => beats.stop());
  beats.put([member("a")]);
  const restarts = () => log.lines.filter(({ message }) => message?.includes("starting another"));
  await vi.waitFor(() => expect(restarts().length).toBeGreaterThanOrEqual(2), { timeout: 15_000 });
  expect(log.lines[0]).toMatchObject({
    level: "warn",
    fields: { err: { message: expect.stringContaining("no-such-file") } },
  });
  beats.put([member("b")]);
  expect(told).toEqual({ put: ["a 1", "b 2"], retired: 0, stopped: 0 });
  await beats.stop();
  await beats.stop();
  beats.put([member("c")]);
  expect(told).toEqual({ put: ["a 1", "b 2"], retired: 0, stopped: 1 });
});

test("a thread is told of everything that changed in one turn at once, and of each manager as it is then", async () => {
  const puts: string[][] = [];
  let port: BeatThreadPort | undefined;
  const told: Told = { put: [], retired: 0, stopped: 0 };
  const beats = new ThreadBeats({
    ...{
      transport: { module: "", data: {} },
      sender: "s1",
      host: "h1",
      namespace: "reeve",
      everyMs: 1_000,
      log: recordingLogger(),
    },
    standIn: standIn(told),
    startThread: (_, toProcess) => {
      port = toProcess;
      const tell = (message: ToBeatThread) => {
        if (message.kind === "stop") return toProcess.exited();
        puts.push(message.entries.map(({ address, epoch }) => `${address} ${epoch}`));
        toProcess.told({ kind: "answering", number: message.number });
      };
      return { tell, terminate: async () => undefined };
    },
  });
  onTestFinished(() => beats.stop());
  port!.told({ kind: "answering", number: 0 });
  for (const epoch of [1, 2]) for (const address of ["a", "b"]) beats.put([member(address, { epoch })]);
  await new Promise(setImmediate);
  expect(puts).toEqual([["a 2", "b 2"]]);
  beats.put([member("c")]);
  await beats.stop();
  expect(puts).toEqual([["a 2", "b 2"], ["c 1"]]);
});
