import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { createPeriodic } from "./periodic.ts";

/** A member of a cluster whose lease is given and taken by the test. */
function member(run: (signal: AbortSignal) => unknown) {
  const clock = new ManualClock();
  const state = { paused: false, asked: 0, released: 0, held: true, lost: new AbortController() };
  let grant = () => {};
  const periodic = createPeriodic({
    tasks: { sweep: { every: "1s", scope: "cluster", run: ({ signal }: { signal: AbortSignal }) => run(signal) } },
    context: (_, signal) => ({ signal }),
    paused: () => state.paused,
    cluster: {
      acquire(_, signal) {
        state.asked += 1;
        return new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          grant = () => {
            state.lost = new AbortController();
            const release = async () => {
              state.released += 1;
            };
            resolve({ signal: state.lost.signal, isHeld: () => state.held, release });
          };
        });
      },
    },
    stored: true,
    log: recordingLogger(),
    clock,
    random: () => 0,
  });
  periodic.start();
  const granted = async () => {
    await clock.advance(0);
    grant();
    await clock.advance(0);
  };
  return { clock, state, periodic, granted };
}

test("no turn begins before the lease is held, nor once it is not, though nothing has told so yet", async () => {
  let runs = 0;
  const { clock, state, granted } = member(() => runs++);
  await clock.advance(5_000);
  expect(runs).toBe(0);
  await granted();
  await clock.advance(2_000);
  expect(runs).toBe(2);
  state.held = false;
  await clock.advance(3_000);
  expect(runs).toBe(2);
});

test("a lost lease ends the turn by its signal, and is let go of when that has ended; then it is asked for anew", async () => {
  let end = () => {};
  const signals: AbortSignal[] = [];
  const { clock, state, periodic, granted } = member((signal) => {
    signals.push(signal);
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  await granted();
  await clock.advance(1_000);
  state.lost.abort(new Error("taken"));
  await clock.advance(5_000);
  expect([signals[0]!.aborted, state.released, state.asked]).toEqual([true, 0, 1]);
  end();
  await clock.advance(0);
  expect([state.released, state.asked, signals.length]).toEqual([1, 2, 1]);
  await granted();
  await clock.advance(1_000);
  expect(periodic.report().sweep!.runs).toBe(2);
});

test("a member that is paused when a turn is due leaves it to another, and asks anew when it goes on", async () => {
  let runs = 0;
  const { clock, state, periodic, granted } = member(() => runs++);
  await granted();
  state.paused = true;
  await clock.advance(1_000);
  expect([runs, state.released, state.asked]).toEqual([0, 1, 1]);
  state.paused = false;
  periodic.resume();
  await clock.advance(0);
  expect(state.asked).toBe(2);
});

test("stopped while it waits it asks no more, and stopped in a turn that does not end it keeps the lease", async () => {
  const waiting = member(() => {});
  await waiting.clock.advance(0);
  expect(await waiting.periodic.stop(100)).toEqual([]);
  expect(waiting.state.asked).toBe(1);
  const stuck = member(() => new Promise(() => {}));
  await stuck.granted();
  await stuck.clock.advance(1_000);
  const stopping = stuck.periodic.stop(500);
  await stuck.clock.advance(500);
  expect([await stopping, stuck.state.released]).toEqual([["sweep"], 0]);
});
