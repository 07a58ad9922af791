import { reeveError } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";
import { fromDriver } from "@reeve/driver-sdk/internal";
import { expect, test } from "vitest";
import { getAdjacencyMap, getShortestPaths, getStateNodes } from "xstate/graph";
import type { ManualClock } from "../base/manual-clock.ts";
import { type CauseReason, hasCause, isDegrading } from "./cause.ts";
import type { LifecycleEffects } from "./effects.ts";
import { statusOf } from "./lifecycle-logic.ts";
import { type LifecycleEvent, lifecycleMachine } from "./lifecycle-machine.ts";
import { type EffectName, type SimulatedHost, simulate } from "./simulated-host.fixture.ts";

type Snapshot = Parameters<typeof statusOf>[0];

const driverGone = reeveError("DRIVER_LOST", "no driver");
const driverBusy = new Error("not counted", { cause: failedDriver("UNAVAILABLE") });
const driverBroken = failedDriver("DATA_LOSS");
const broken = new Error("broken");

function failedDriver(code: "UNAVAILABLE" | "DATA_LOSS") {
  return fromDriver(new DriverError(code, code), { driver: "array", method: "list" });
}

/** Which effect runs in which state; XState names the events of its end after the state. */
const effectOf: Record<string, EffectName> = {
  booting: "boot",
  preRpc: "prepare",
  "serving.warmingUp": "warmUp",
  resetting: "reset",
  draining: "drain",
};

function nameOf(snapshot: Snapshot): string {
  const { state, phase } = statusOf(snapshot);
  return phase ? `${state}.${phase}` : state;
}

const raised = (reason: CauseReason): LifecycleEvent => ({ type: "cause.raised", cause: { reason, message: reason } });
const cleared = (reason: CauseReason): LifecycleEvent => ({ type: "cause.cleared", reason });

const afterwards = (delay: string, state: string) => ({ type: `xstate.after.${delay}.manager.${state}` });

const longestPauseMs = 60_000;

/** What is tried again in `degraded`, and when. */
function retriesOf({ context }: Snapshot): readonly { readonly delay: string; readonly ms: number }[] {
  const { causes, failedResets, preparePauseMs } = context;
  const retries: readonly (readonly [string, CauseReason, number])[] = [
    ["retry", "WARM_UP_FAILED", 5_000],
    ["prepareRetry", "PREPARE_FAILED", preparePauseMs],
    ["resetRetry", "RESET_FAILED", 5_000 * 2 ** failedResets],
  ];
  return retries.filter(([, reason]) => hasCause(causes, reason)).map(([delay, , ms]) => ({ delay, ms }));
}

/** The first of them: that changes what the others would do. */
const nextRetry = (snapshot: Snapshot) => retriesOf(snapshot).toSorted((one, other) => one.ms - other.ms)[0];

/** Everything that can happen to a manager, an effect's end and a timer's included. */
function eventsIn(snapshot: Snapshot): any[] {
  const state = nameOf(snapshot);
  const effect = effectOf[state];
  const id = `0.manager.${state}`;
  return [
    ...(effect === undefined
      ? []
      : [
          { type: `xstate.done.actor.${id}`, output: undefined },
          { type: `xstate.error.actor.${id}`, error: broken },
          { type: `xstate.error.actor.${id}`, error: driverGone },
          ...(state === "preRpc"
            ? [driverBusy, driverBroken].map((error) => ({ type: `xstate.error.actor.${id}`, error }))
            : []),
        ]),
    ...(state === "degraded" && nextRetry(snapshot) ? [afterwards(nextRetry(snapshot)!.delay, state)] : []),
    ...(state === "resetting" ? [afterwards("resetTimeout", state)] : []),
    raised("DRIVER_LOST"),
    cleared("DRIVER_LOST"),
    raised("ADDRESS_CLAIMED"),
    cleared("ADDRESS_CLAIMED"),
    raised("NOT_WORKING"),
    cleared("NOT_WORKING"),
    raised("CONFIG_REFUSED"),
    cleared("CONFIG_REFUSED"),
    { type: "reset" },
    { type: "drain" },
    { type: "kill", error: broken },
  ];
}

const serialized = (snapshot: Snapshot) => {
  const { prepared, warmed, resetWanted, causes, failure, preparePauseMs } = snapshot.context;
  const reasons = causes.map(({ reason }) => reason).sort();
  const pause = hasCause(causes, "PREPARE_FAILED") && preparePauseMs === longestPauseMs ? "long" : "short";
  return JSON.stringify([nameOf(snapshot), prepared, warmed, resetWanted, reasons, failure !== undefined, pause]);
};

const options = {
  input: { effects: {} as LifecycleEffects },
  events: eventsIn,
  serializeState: serialized,
  serializeEvent: (event: any) => `${event.type} ${event.reason ?? event.cause?.reason ?? event.error?.message ?? ""}`,
  filterEvents: (snapshot: Snapshot) => snapshot.status === "active",
  limit: 100_000,
} as any;

const adjacency = Object.values(getAdjacencyMap(lifecycleMachine, options)) as {
  readonly state: Snapshot;
  readonly transitions: Record<string, { readonly state: Snapshot }>;
}[];

test("every state is reached, and every arrow between states is one that the design draws", () => {
  const leaves = getStateNodes(lifecycleMachine).filter(({ type }) => type === "atomic" || type === "final");
  const reached = new Set(adjacency.map(({ state }) => nameOf(state)));
  expect([...reached].sort()).toEqual(leaves.map(({ path }) => path.join(".")).sort());

  const arrows = new Set<string>();
  for (const { state, transitions } of adjacency) {
    for (const { state: next } of Object.values(transitions)) {
      if (nameOf(state) !== nameOf(next)) arrows.add(`${nameOf(state)} → ${nameOf(next)}`);
    }
  }
  const ends = ["booting", "preRpc", "serving.warmingUp", "serving.ready", "degraded", "resetting"];
  expect([...arrows].sort()).toEqual(
    [
      "booting → preRpc",
      "booting → degraded",
      "booting → failed",
      "preRpc → serving.warmingUp",
      "preRpc → degraded",
      "preRpc → failed",
      "serving.warmingUp → serving.ready",
      "serving.warmingUp → degraded",
      "serving.ready → degraded",
      "serving.ready → resetting",
      "degraded → preRpc",
      "degraded → serving.warmingUp",
      "degraded → serving.ready",
      "degraded → resetting",
      "resetting → degraded",
      // Through `degraded` or `serving`, where a reset was wanted by then or nothing is wrong any more.
      "booting → resetting",
      "preRpc → resetting",
      "serving.warmingUp → resetting",
      "resetting → preRpc",
      "resetting → serving.ready",
      ...ends.flatMap((state) => [`${state} → draining`, `${state} → stopped`]),
      "draining → stopped",
    ].sort(),
  );
});

test("ready means that nothing degrades it, degraded that something does, and neither that a reset waits", () => {
  for (const { state } of adjacency) {
    const { causes, prepared, warmed, resetWanted } = state.context;
    const name = nameOf(state);
    if (name === "serving.ready")
      expect([isDegrading(causes), prepared, warmed, resetWanted]).toEqual([false, true, true, false]);
    if (name === "serving.warmingUp") expect(prepared).toBe(true);
    if (name === "degraded") {
      expect(isDegrading(causes)).toBe(true);
      expect(resetWanted).toBe(false);
    }
    if (name === "failed") expect(state.context.failure).toBeDefined();
  }
});

test("a cause that degrades nothing stands beside every state that is not final, and moves none", () => {
  const withRefused = adjacency.filter(({ state }) => hasCause(state.context.causes, "CONFIG_REFUSED"));
  expect(withRefused.map(({ state }) => nameOf(state))).toContain("serving.ready");
  for (const { state, transitions } of adjacency) {
    for (const [event, { state: next }] of Object.entries(transitions)) {
      if (event.includes("CONFIG_REFUSED")) expect(nameOf(next)).toBe(nameOf(state));
    }
  }
});

test("from every state that is not final the manager can come to be ready, and can be stopped", () => {
  const next = new Map(
    adjacency.map(({ state, transitions }) => [
      serialized(state),
      Object.values(transitions).map((transition) => serialized(transition.state)),
    ]),
  );
  const leadsTo = (wanted: string) => {
    const good = new Set([...next.keys()].filter((key) => key.startsWith(`["${wanted}"`)));
    for (let before = -1; before !== good.size; ) {
      before = good.size;
      for (const [key, followers] of next) if (followers.some((follower) => good.has(follower))) good.add(key);
    }
    return good;
  };
  const [ready, stopped] = [leadsTo("serving.ready"), leadsTo("stopped")];
  for (const { state } of adjacency) {
    const over = ["draining", "stopped", "failed"].includes(nameOf(state));
    expect([nameOf(state), ready.has(serialized(state))]).toEqual([nameOf(state), !over]);
    if (state.status === "active") expect(stopped.has(serialized(state))).toBe(true);
  }
});

/** Lets time pass until the machine has moved. */
async function untilTold(host: SimulatedHost, clock: ManualClock): Promise<void> {
  const told = host.told.length;
  for (let waitedMs = 0; host.told.length === told && waitedMs < 10 * longestPauseMs; waitedMs += 500)
    await clock.advance(500);
}

const paths = getShortestPaths(lifecycleMachine, options) as unknown as {
  readonly state: Snapshot;
  readonly steps: readonly { readonly state: Snapshot; readonly event: any }[];
}[];

test(`a real actor with real timers follows the model along each of ${paths.length} paths`, async () => {
  const begun = new Set<EffectName>();
  for (const path of paths) {
    const { host, self, actor, clock, crashes, done } = simulate();
    for (const { state, event } of path.steps) {
      if (event.type === "xstate.init") continue;
      const effect = effectOf[host.state];
      if (event.type.startsWith("xstate.done")) await done(effect!);
      else if (event.type.startsWith("xstate.error")) await done(effect!, event.error);
      else if (event.type.includes("resetTimeout")) await clock.advance(30_000);
      else if (event.type.startsWith("xstate.after")) await untilTold(host, clock);
      else self.send(event);
      await clock.advance(0);
      expect(serialized(actor.getSnapshot())).toBe(serialized(state));
      expect(host.state).toBe(nameOf(state));
    }
    for (const { name, signal, ended } of host.begun) {
      begun.add(name);
      // An effect whose state was left early is told; the one of the present state goes on.
      if (!ended()) expect([name, signal.aborted]).toEqual([name, name !== effectOf[host.state]]);
    }
    expect(crashes).toEqual([]);
  }
  expect([...begun].sort()).toEqual(["boot", "drain", "prepare", "reset", "warmUp"]);
});
