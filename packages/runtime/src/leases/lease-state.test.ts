import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  isHeld,
  type LeaseAction,
  type LeaseEvent,
  type LeaseState,
  leaseTable,
  nextLeaseStep,
} from "./lease-state.ts";

const page = readFileSync(new URL("../../../../ARCHITECTURE.md", import.meta.url), "utf8");
const states = Object.keys(leaseTable) as LeaseState[];
const events = [
  "ask",
  "granted",
  "grantedLate",
  "refused",
  "renew",
  "confirmed",
  "gone",
  "failed",
  "elapsed",
  "ended",
  "cancel",
  "release",
  "settled",
] as const satisfies LeaseEvent[];

/** A lease and what is round it: what the table decides on, and what it brings about. */
interface World {
  readonly state: LeaseState;
  readonly promise: "pending" | "held" | "refused";
  readonly asked: boolean;
  readonly renewalOut: boolean;
  readonly aborted: boolean;
  readonly disowned: boolean;
  readonly telling: boolean;
}

const first: World = {
  ...{ state: "waiting", promise: "pending", asked: false, renewalOut: false },
  ...{ aborted: false, disowned: false, telling: false },
};

/** What can happen in a world: what its holder does, what its clock says, and what was asked of the database and may be answered. */
function eventsIn(world: World): LeaseEvent[] {
  const { state, promise, asked, renewalOut, telling } = world;
  return [
    "ended",
    ...(promise === "pending" ? (["cancel"] as const) : []),
    ...(promise === "held" ? (["release"] as const) : []),
    ...(state === "waiting" && !asked ? (["ask"] as const) : []),
    ...(asked ? (["granted", "grantedLate", "refused", "failed"] as const) : []),
    ...(isHeld(state) ? (["elapsed"] as const) : []),
    ...(isHeld(state) && !renewalOut ? (["renew"] as const) : []),
    ...(renewalOut ? (["confirmed", "gone", "failed"] as const) : []),
    ...(telling ? (["settled"] as const) : []),
  ];
}

/** Brings about what an action says. @throws Error where it must not happen */
function act(world: World, action: LeaseAction): World {
  const never = (why: string): never => {
    throw new Error(`${action}: ${why}`);
  };
  switch (action) {
    case "resolve":
    case "reject":
      if (world.promise !== "pending") never("whoever waited was told");
      return { ...world, promise: action === "resolve" ? "held" : "refused" };
    case "abort":
      if (world.promise !== "held") never("nobody held it");
      if (world.aborted) never("twice");
      return { ...world, aborted: true };
    case "disown":
      return { ...world, disowned: true };
    case "letGo":
      if (world.telling) never("twice");
      return { ...world, telling: true };
  }
}

function follow(world: World, event: LeaseEvent): World {
  let now = world;
  if (event === "ask") now = { ...now, asked: true };
  if (event === "renew") now = { ...now, renewalOut: true };
  if (["granted", "grantedLate", "refused"].includes(event)) now = { ...now, asked: false };
  if (event === "confirmed" || event === "gone") now = { ...now, renewalOut: false };
  if (event === "failed") now = { ...now, asked: false, renewalOut: false };
  if (event === "settled") now = { ...now, telling: false };
  const step = nextLeaseStep(now.state, event);
  if (!step) return now;
  const [state, ...actions] = step;
  return actions.reduce<World>(act, { ...now, state });
}

function explore() {
  const ways = new Map<string, { world: World; path: string[]; next: Map<LeaseEvent, string> }>();
  const waiting = [{ world: first, path: [] as string[] }];
  for (let one = waiting.shift(); one; one = waiting.shift()) {
    const { world, path } = one;
    const key = JSON.stringify(world);
    if (ways.has(key)) continue;
    const next = new Map<LeaseEvent, string>();
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
const isOver = ({ state }: World) => state === "released" || state === "withdrawn";

/** All worlds from which one that satisfies the condition is reached by these events alone. */
function leadsTo(wanted: (world: World) => boolean, by: readonly LeaseEvent[]): Set<string> {
  const good = new Set([...worlds].filter(([, { world }]) => wanted(world)).map(([key]) => key));
  for (let before = -1; before !== good.size; ) {
    before = good.size;
    for (const [key, { next }] of worlds)
      if ([...next].some(([event, after]) => by.includes(event) && good.has(after))) good.add(key);
  }
  return good;
}

test("every state is reached, and every step of the table is taken by some path", () => {
  expect([...new Set([...worlds.values()].map(({ world }) => world.state))].sort()).toEqual([...states].sort());
  const taken = new Set(
    [...worlds.values()].flatMap(({ world, next }) => [...next.keys()].map((event) => `${world.state} ${event}`)),
  );
  const rows = states.flatMap((state) => Object.keys(leaseTable[state]).map((event) => `${state} ${event}`));
  expect(rows.filter((row) => !taken.has(row))).toEqual([]);
});

test(`in all ${worlds.size} worlds one is held only where it was told and not lost, and whoever waits is told once`, () => {
  // The exploration itself throws where somebody is told twice.
  for (const { world, path } of worlds.values()) {
    const { state, promise, aborted, disowned } = world;
    const holds = {
      heldIsToldAndWhole: !isHeld(state) || (promise === "held" && !aborted),
      lostIsToldAndNotRenewed: state !== "lost" || (promise === "held" && aborted && disowned),
      pendingOnlyBeforehand: (promise === "pending") === (state === "waiting" || state === "acquiring"),
      toldUntilReleased: world.telling === (state === "releasing"),
    };
    expect([path.join(" → "), ...Object.entries(holds).filter(([, held]) => !held)]).toEqual([path.join(" → ")]);
  }
});

test("what was lost is never held again, whatever is answered late", () => {
  for (const { world, next } of worlds.values())
    if (world.aborted) for (const after of next.values()) expect(isHeld(worlds.get(after)!.world.state)).toBe(false);
});

test("from everywhere it comes to rest once its holder lets go and the database is heard or given up", () => {
  const rests = leadsTo(isOver, ["release", "cancel", "settled", "granted", "refused", "failed"]);
  for (const [key, { path }] of worlds) expect([path, rests.has(key)]).toEqual([path, true]);
});

test("a lease that was granted to somebody who waits no longer is freed", () => {
  const withdrawn = [...worlds.values()].filter(({ world }) => world.state === "withdrawing" && world.asked);
  expect(withdrawn.length).toBeGreaterThan(0);
  for (const { next } of withdrawn) {
    const { world } = worlds.get(next.get("granted")!)!;
    expect([world.state, world.telling, world.promise]).toEqual(["releasing", true, "refused"]);
  }
});

test("ARCHITECTURE.md prints the table", () => {
  const cell = (state: LeaseState, event: LeaseEvent) => {
    const [next, ...actions] = nextLeaseStep(state, event) ?? [];
    if (next === undefined) return "";
    const does = actions.join(", ");
    return does ? `**${next}**: ${does}` : `**${next}**`;
  };
  const rows = states.map(
    (state) => `| ${[`\`${state}\``, ...events.map((event) => cell(state, event))].join(" | ")} |`,
  );
  const table = [`| | ${events.join(" | ")} |`, `|${"---|".repeat(events.length + 1)}`, ...rows].join("\n");
  expect(page.includes(table), `expected this table:\n${table}`).toBe(true);
});
