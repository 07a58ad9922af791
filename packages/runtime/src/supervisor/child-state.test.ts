import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type ChildAction,
  type ChildEvent,
  type ChildState,
  childTable,
  isAtRest,
  isComing,
  isLeaving,
  nextChildStep,
} from "./child-state.ts";

const page = readFileSync(new URL("../../../../ARCHITECTURE.md", import.meta.url), "utf8");
const states = Object.keys(childTable) as ChildState[];
const verbs = ["start", "restart", "stop", "terminate", "kill"] as const satisfies ChildEvent[];

/** A child and what is round it: what the table decides on, and what it brings about. */
interface World {
  readonly state: ChildState;
  /** The present life: `over` has not closed all that it had opened. */
  readonly life: "none" | "booting" | "open" | "over" | "closed";
  readonly closing: boolean;
  readonly backingOff: boolean;
  /** It waits until another process is gone. */
  readonly yielding: boolean;
  /** Whether it can be called. */
  readonly listed: boolean;
  readonly gaveUp: boolean;
  readonly begun: number;
}

const first: World = {
  state: "absent",
  life: "none",
  closing: false,
  backingOff: false,
  yielding: false,
  listed: true,
  gaveUp: false,
  begun: 0,
};

const isAlive = ({ life }: World) => life === "booting" || life === "open";

/** What can happen in a world: what anybody asks for, and what its life, its cleanup and its timer may tell. */
function eventsIn(world: World): ChildEvent[] {
  return [
    ...verbs,
    ...(world.life === "booting" ? (["opened"] as const) : []),
    ...(isAlive(world) ? (["ended", "superseded", "fenced"] as const) : []),
    ...(world.closing ? (["closed"] as const) : []),
    ...(world.backingOff ? (["due", "exhausted"] as const) : []),
    ...(world.yielding ? (["vacant"] as const) : []),
  ];
}

/** Brings about what an action says. @throws Error where it must not happen */
function act(world: World, action: ChildAction): World {
  const never = (why: string): never => {
    throw new Error(`${action}: ${why}`);
  };
  switch (action) {
    case "begin":
      if (isAlive(world)) never("two lives at a time");
      if (world.life === "over") never("beside the cleanup of the last one");
      if (!world.listed) never("while nobody can call it");
      if (world.gaveUp) never("after it gave up");
      return { ...world, life: "booting", begun: Math.min(2, world.begun + 1) };
    case "drain":
    case "kill":
      return world;
    case "close":
      if (isAlive(world)) never("while it lives");
      if (world.life === "none") never("nothing has begun");
      // What was asked of one life must not be told of the next.
      if (world.closing) never("asked already");
      return { ...world, closing: true };
    case "closeNow":
      if (world.life === "none") never("nothing has begun");
      return isAlive(world) ? world : { ...world, closing: true };
    case "backOff":
      if (isAlive(world)) never("while it lives");
      return { ...world, backingOff: true };
    case "cancelBackOff":
      if (!world.backingOff) never("nothing to cancel");
      return { ...world, backingOff: false };
    case "yield":
      if (isAlive(world)) never("while it lives");
      return { ...world, yielding: true };
    case "cancelYield":
      if (!world.yielding) never("nothing to cancel");
      return { ...world, yielding: false };
    case "giveUp":
      if (world.gaveUp) never("twice");
      return { ...world, gaveUp: true };
    case "join":
      if (world.listed) never("it is there");
      return { ...world, listed: true };
    case "leave":
      if (!world.listed) never("it has left");
      return { ...world, listed: false };
  }
}

function follow(world: World, event: ChildEvent): World {
  let now = world;
  if (event === "opened") now = { ...now, life: "open" };
  if (event === "ended" || event === "superseded" || event === "fenced") now = { ...now, life: "over" };
  if (event === "closed") now = { ...now, closing: false, life: isAlive(now) ? now.life : "closed" };
  if (event === "due" || event === "exhausted") now = { ...now, backingOff: false };
  if (event === "vacant") now = { ...now, yielding: false };
  const step = nextChildStep(now.state, event);
  if (!step) return now;
  const [state, ...actions] = step;
  return actions.reduce<World>(act, { ...now, state });
}

/** Every world that can be reached, with a shortest way to it and what follows on it. */
function explore() {
  const ways = new Map<string, { world: World; path: string[]; next: Map<ChildEvent, string> }>();
  const waiting = [{ world: first, path: [] as string[] }];
  for (let one = waiting.shift(); one; one = waiting.shift()) {
    const { world, path } = one;
    const key = JSON.stringify(world);
    if (ways.has(key)) continue;
    const next = new Map<ChildEvent, string>();
    ways.set(key, { world, path, next });
    for (const event of eventsIn(world)) {
      let after: World;
      try {
        after = follow(world, event);
      } catch (error) {
        throw new Error([...path, event].join(" → "), { cause: error });
      }
      next.set(event, JSON.stringify(after));
      waiting.push({ world: after, path: [...path, `${event}: ${after.state}`] });
    }
  }
  return ways;
}

const worlds = explore();

/** All of them from which one that satisfies the condition is reached by these events alone. */
function leadsTo(wanted: (world: World) => boolean, by: (event: ChildEvent) => boolean): Set<string> {
  const good = new Set([...worlds].filter(([, { world }]) => wanted(world)).map(([key]) => key));
  for (let before = -1; before !== good.size; ) {
    before = good.size;
    for (const [key, { next }] of worlds)
      if ([...next].some(([event, after]) => by(event) && good.has(after))) good.add(key);
  }
  return good;
}

const happensByItself = (event: ChildEvent) => !(verbs as readonly ChildEvent[]).includes(event);

test("every state is reached, and every step of the table is taken by some path", () => {
  expect([...new Set([...worlds.values()].map(({ world }) => world.state))].sort()).toEqual([...states].sort());
  const taken = new Set(
    [...worlds.values()].flatMap(({ world, next }) => [...next.keys()].map((e) => `${world.state} ${e}`)),
  );
  const rows = states.flatMap((state) => Object.keys(childTable[state]).map((event) => `${state} ${event}`));
  expect(rows.filter((row) => !taken.has(row))).toEqual([]);
});

test(`along all ${worlds.size} worlds no life begins beside another, its cleanup, or after giving up`, () => {
  // The exploration itself throws where one does; here is what must hold between the steps.
  for (const { world, path } of worlds.values()) {
    const { state, life, backingOff, yielding, listed, gaveUp } = world;
    const holds = {
      waitsOnlyWhenBackingOff: backingOff === (state === "backingOff"),
      yieldsOnlyWhenSuperseded: yielding === (state === "superseded"),
      callableUnlessAtRest: listed === !isAtRest(state),
      restsWithoutLife: !isAtRest(state) || life === "none" || life === "closed",
      runsWhenOpen: (state === "running") === (life === "open" && isComing(state)),
      gaveUpForGood: !gaveUp || state === "leaving" || state === "gone",
    };
    expect([path.join(" → "), holds]).toEqual([
      path.join(" → "),
      {
        waitsOnlyWhenBackingOff: true,
        yieldsOnlyWhenSuperseded: true,
        callableUnlessAtRest: true,
        restsWithoutLife: true,
        runsWhenOpen: true,
        gaveUpForGood: true,
      },
    ]);
  }
});

test("after a stop it comes to rest by itself, whatever was under way, and no life follows", () => {
  const rests = leadsTo(({ state }) => isAtRest(state), happensByItself);
  for (const { path, next } of worlds.values()) {
    const stopped = worlds.get(next.get("stop")!)!.world;
    expect([path, isLeaving(stopped.state), rests.has(next.get("stop")!)]).toEqual([path, true, true]);
  }
  for (const { world, next } of worlds.values()) {
    if (!isLeaving(world.state)) continue;
    for (const [event, after] of next)
      if (event !== "start" && event !== "restart") expect(isLeaving(worlds.get(after)!.world.state)).toBe(true);
  }
});

test("what is asked to start, restart or come back is there by itself, or is refused", () => {
  const opens = leadsTo(({ life, state }) => life === "open" && isComing(state), happensByItself);
  for (const { world, path, next } of worlds.values()) {
    for (const verb of ["start", "restart"] as const) {
      const taken = nextChildStep(world.state, verb) !== undefined;
      if (taken) expect([path, verb, opens.has(next.get(verb)!)]).toEqual([path, verb, true]);
      else expect(["absent", "stopping", "leaving", "gone"]).toContain(world.state);
    }
  }
});

test("a kill is a crash: it changes no state by itself", () => {
  for (const state of states) expect(nextChildStep(state, "kill")?.[0] ?? state).toBe(state);
});

const after = (event: ChildEvent) =>
  Object.fromEntries(
    states.flatMap((state) => {
      const step = nextChildStep(state, event);
      return step ? [[state, step[0]]] : [];
    }),
  );

test("one that is superseded by another process waits until that is gone, unless it was stopping anyway", () => {
  expect(after("superseded")).toEqual({
    starting: "superseded",
    running: "superseded",
    replacing: "superseded",
    restarting: "superseded",
    stopping: "stopping",
    leaving: "leaving",
  });
  const steps = Object.entries(childTable).flatMap(([state, row]) => Object.entries(row).map((step) => [state, step]));
  const leaves = steps.filter(([state, [, [next]]]: any) => state === "superseded" && next === "restarting");
  expect(leaves.map(([, [event]]: any) => event)).toEqual(["vacant"]);
});

test("another process at its address, of which nothing is heard, ends it for good, unless it was starting or stopping anyway", () => {
  expect(after("fenced")).toEqual({
    starting: "failed",
    running: "leaving",
    replacing: "leaving",
    restarting: "leaving",
    stopping: "stopping",
    leaving: "leaving",
  });
});

test("ARCHITECTURE.md prints the table", () => {
  const events = [
    "start",
    "restart",
    "stop",
    "terminate",
    "kill",
    "opened",
    "ended",
    "superseded",
    "fenced",
    "vacant",
    "closed",
    "due",
    "exhausted",
  ] as const;
  const cell = (state: ChildState, event: ChildEvent) => {
    const [next, ...actions] = nextChildStep(state, event) ?? [];
    if (next === undefined) return event === "start" || event === "restart" ? "refused" : "";
    const does = actions.join(", ");
    if (next === state) return does || "joins";
    return does ? `**${next}**: ${does}` : `**${next}**`;
  };
  const rows = states.map(
    (state) => `| ${[`\`${state}\``, ...events.map((event) => cell(state, event))].join(" | ")} |`,
  );
  const table = [`| | ${events.join(" | ")} |`, `|${"---|".repeat(events.length + 1)}`, ...rows].join("\n");
  expect(page.includes(table), `expected this table:\n${table}`).toBe(true);
});
