import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CastEvent, type CastFacts, type CastState, nextStep, printedCastRules } from "./cast-rules.ts";

const states: readonly CastState[] = ["waiting", "sent", "done", "dead"];
const events: readonly CastEvent[] = [
  ...(["taken", "answered", "absent", "moved", "refused", "unknown", "running", "failed", "rejected"] as const),
  ...(["barred", "interrupted"] as const),
  ...(["acknowledged", "replayed", "dropped"] as const),
];
const names = ["certain", "judged", "exhausted", "wandering", "known", "skips"] as const;
const everyFacts = Array.from({ length: 2 ** names.length }, (_, bits) =>
  Object.fromEntries(names.map((name, bit) => [name, (bits & (1 << bit)) !== 0])),
) as unknown as readonly CastFacts[];

/** A cast in a world: where its key may be known, and whether that is written down. */
interface World {
  readonly state: CastState | "gone";
  readonly address: "none" | "here" | "elsewhere";
  readonly uncertain: boolean;
  readonly judged: boolean;
  /** Addresses where an attempt under its key may have been carried out. */
  readonly ran: string;
  readonly key: number;
}

/** What a delivery to an address may really have done there, by what it was answered. */
const mayHaveRun: ReadonlySet<CastEvent> = new Set(["answered", "unknown", "running", "failed", "interrupted"]);

function* successors(world: World): Generator<World> {
  if (world.state === "gone") return;
  for (const event of events) {
    for (const facts of everyFacts) {
      if (
        facts.judged !== world.judged ||
        facts.certain === world.uncertain ||
        facts.known !== (world.address !== "none")
      )
        continue;
      const step = nextStep(world.state, event, facts);
      if (!step) continue;
      for (const chosen of step.address === "fixed" && world.address === "none" ? ["here", "elsewhere"] : ["same"]) {
        yield after(world, event, facts, chosen);
      }
    }
  }
}

function after(world: World, event: CastEvent, facts: CastFacts, chosen: string): World {
  const step = nextStep(world.state as CastState, event, facts)!;
  const at = chosen === "same" ? world.address : (chosen as World["address"]);
  const ran = new Set(world.ran === "" ? [] : world.ran.split(" "));
  if (world.state === "sent" && mayHaveRun.has(event)) ran.add(at);
  if (step.anew && world.judged) ran.clear();
  return {
    state: step.to,
    address: step.address === "free" ? "none" : step.address === "owner" ? (at === "here" ? "elsewhere" : "here") : at,
    uncertain: step.anew ? false : world.uncertain || step.uncertain,
    judged: step.to === "dead" && event === "rejected",
    ran: [...ran].sort().join(" "),
    key: Math.min(2, world.key + (step.anew ? 1 : 0)),
  };
}

function factsOf({ uncertain, judged, address }: World): CastFacts {
  return { certain: !uncertain, judged, exhausted: false, wandering: false, known: address !== "none", skips: false };
}

/** All that can come of a new cast. */
function reachable(): readonly World[] {
  const first: World = { state: "waiting", address: "none", uncertain: false, judged: false, ran: "", key: 0 };
  const seen = new Map([[JSON.stringify(first), first]]);
  for (const world of seen.values()) for (const next of successors(world)) seen.set(JSON.stringify(next), next);
  return [...seen.values()];
}

describe("over every path of a cast", () => {
  const worlds = reachable();

  test("what may have been carried out under a key was at one address only", () => {
    expect(worlds.length).toBeGreaterThan(20);
    expect(worlds.filter(({ ran }) => ran.includes(" "))).toEqual([]);
  });

  test("it is begun anew, under another key, only where its callee has said what became of it", () => {
    const guessed = worlds.filter((world) => {
      const facts = factsOf(world);
      return world.state === "dead" && world.ran !== "" && !world.judged && nextStep("dead", "replayed", facts)?.anew;
    });
    expect(guessed).toEqual([]);
  });

  test("an address where it may have run is kept, and it is known that it may have", () => {
    const lost = worlds.filter(
      ({ state, address, uncertain, ran }) => state === "waiting" && ran !== "" && (!uncertain || ran !== address),
    );
    expect(lost).toEqual([]);
  });

  test("every state is reached, and from each the end", () => {
    expect(new Set(worlds.map(({ state }) => state))).toEqual(new Set([...states, "gone"]));
    const ends = new Set(worlds.filter(({ state }) => state === "gone").map((world) => JSON.stringify(world)));
    for (let grown = true; grown; ) {
      const before = ends.size;
      for (const world of worlds)
        for (const next of successors(world)) if (ends.has(JSON.stringify(next))) ends.add(JSON.stringify(world));
      grown = ends.size > before;
    }
    expect(worlds.filter((world) => !ends.has(JSON.stringify(world)))).toEqual([]);
  });
});

const every = states.flatMap((state) =>
  events.flatMap((event) => everyFacts.map((facts) => ({ state, event, facts, step: nextStep(state, event, facts) }))),
);

test("whatever ends a delivery is heeded, and what is not under way heeds no answer", () => {
  const ends = every.filter(({ event }) => event !== "taken" && events.indexOf(event) < 11);
  expect(ends.filter(({ state, step }) => state === "sent" && !step)).toEqual([]);
  const stray = ends.filter(
    ({ state, event, step }) => state !== "sent" && event !== "absent" && event !== "barred" && step,
  );
  expect(stray).toEqual([]);
});

test("absence never makes it dead, however long, nor a run that goes on; what counts does at the end of patience", () => {
  const waited = every.filter(({ event }) => event === "absent" || event === "running");
  expect(waited.filter(({ step }) => step?.to === "dead" || step?.counts)).toEqual([]);
  const tried = every.filter(({ state, event }) => state === "sent" && /moved|refused|unknown|failed/.test(event));
  expect(tried.filter(({ facts, step }) => facts.exhausted !== (step!.to === "dead"))).toEqual([]);
});

test("its lane goes on when it is carried out, dropped, or dead where that may be skipped, and only then", () => {
  for (const { facts, step, event } of every) {
    if (!step) continue;
    const ended = step.to === "done" || event === "dropped" || (step.to === "dead" && facts.skips);
    expect([step, step.lane === "leaves"]).toEqual([step, ended]);
  }
});

test("the table stands in ARCHITECTURE.md", () => {
  const text = readFileSync(new URL("../../../../ARCHITECTURE.md", import.meta.url), "utf8");
  expect(text).toContain(printedCastRules());
});
