import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Observer } from "./observer.ts";
import { type ObserverEvent, type ObserverState, observerTable } from "./observer-state.ts";
import { type LeaseState, type PeerEvent, type PeerState, peerTable, verdictOf, verdictTable } from "./peer-state.ts";

const observerEvents: readonly ObserverEvent[] = ["lost", "back", "stoodStill", "settled"];
const peerEvents: readonly PeerEvent[] = [
  "heard",
  "silent",
  "ended",
  "departed",
  "forgotten",
  "renewed",
  "windowPassed",
];
const leases: readonly LeaseState[] = ["none", "held", "expired"];

interface World {
  readonly observer: ObserverState;
  readonly peer: PeerState;
}

/** Every state of both machines that events can lead to, and the event that led there last. */
function worlds(): readonly (World & { readonly before: World | undefined; readonly event: string })[] {
  const first = { observer: "blind", peer: "unheard", before: undefined, event: "" } as const;
  const seen = new Map<string, World & { before: World | undefined; event: string }>();
  const found: (World & { before: World | undefined; event: string })[] = [];
  const waiting: (World & { before: World | undefined; event: string })[] = [first];
  for (let world = waiting.pop(); world; world = waiting.pop()) {
    found.push(world);
    const key = `${world.observer} ${world.peer}`;
    if (seen.has(key)) continue;
    seen.set(key, world);
    for (const event of observerEvents) {
      const observer = observerTable[world.observer][event];
      if (observer) waiting.push({ observer, peer: world.peer, before: world, event });
    }
    for (const event of peerEvents) {
      const peer = peerTable[world.peer][event];
      if (peer) waiting.push({ observer: world.observer, peer, before: world, event });
    }
  }
  return found;
}

test("every state can be reached, and nobody is judged by one that does not see", () => {
  const all = worlds();
  expect(new Set(all.map(({ observer, peer }) => `${observer} ${peer}`)).size).toBe(18);
  for (const { observer, peer } of all)
    for (const lease of leases) expect(verdictOf(observer, peer, lease) === "none").toBe(observer !== "seeing");
});

test("on every path: what was lost must settle before anybody is judged again", () => {
  for (const { observer, before, event } of worlds()) {
    if (observer !== "seeing" || before?.observer === "seeing") continue;
    expect([before?.observer, event]).toEqual(["settling", "settled"]);
  }
});

test("on every path: who is heard is dead by its lease only, and who renews its lease only by a word of its end", () => {
  for (const { peer, event } of worlds()) {
    if (event === "heard")
      expect([peer, verdictTable[peer].none, verdictTable[peer].held]).toEqual(["heard", "alive", "alive"]);
    if (event === "renewed") expect(leases.map((lease) => verdictTable[peer][lease])).not.toContain("dead");
    if (verdictTable[peer].held === "dead") expect(["absent", "departed"]).toContain(peer);
  }
});

const answered = (now: number, aheadMs = 0) => ({ askedAt: now, answeredAt: now, databaseNow: now + aheadMs });

test("an observer sees when broker and database have been there for their windows without a break", () => {
  const observer = new Observer();
  const look = (now: number) => {
    observer.look(now);
    return observer.state;
  };
  /** Looks each second up to a time, with a database that answers. */
  const until = (from: number, to: number) => {
    for (let now = from; now <= to; now += 1_000) {
      observer.look(now);
      observer.database(answered(now));
    }
    return observer.state;
  };
  observer.link(true, 0);
  expect(until(0, 9_000)).toBe("settling");
  expect(look(10_000)).toBe("seeing");
  observer.database(undefined);
  expect(look(11_000)).toBe("blind");
  observer.database(answered(12_000));
  expect(until(12_000, 17_000)).toBe("settling");
  expect(look(18_000)).toBe("seeing");
  observer.link(false, 18_500);
  expect(look(19_000)).toBe("blind");
  observer.link(true, 19_500);
  expect(until(20_000, 29_000)).toBe("settling");
  expect(until(29_500, 30_000)).toBe("seeing");
  // It stood still: others were not heard meanwhile.
  expect(look(33_500)).toBe("settling");
  expect(until(33_500, 43_000)).toBe("settling");
  expect(look(43_500)).toBe("seeing");
});

test("a database whose clock is set tells nothing of others for a window, and one that only drifts does", () => {
  const observer = new Observer();
  let aheadMs = 1_000_000;
  const until = (from: number, to: number) => {
    for (let now = from; now <= to; now += 1_000) {
      observer.look(now);
      observer.database(answered(now, aheadMs));
      aheadMs += 20;
    }
    return observer.state;
  };
  observer.link(true, 0);
  expect(until(0, 60_000)).toBe("seeing");
  for (const setMs of [7_000, -3_600_000]) {
    aheadMs += setMs;
    expect(until(61_000, 61_000)).toBe("blind");
    expect(until(62_000, 66_000)).toBe("settling");
    expect(until(67_000, 67_000)).toBe("seeing");
    // An answer that took long may have been given at any time of that.
    observer.database({ askedAt: 67_000, answeredAt: 69_000, databaseNow: 69_000 + aheadMs });
    expect(until(69_000, 69_000)).toBe("seeing");
    observer.look(60_000);
    expect(until(60_000, 60_000)).toBe("seeing");
  }
});

test("docs/clusters.md prints the tables as they are", () => {
  const page = readFileSync(new URL("../../../../docs/clusters.md", import.meta.url), "utf8");
  const peers = Object.keys(peerTable) as PeerState[];
  const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [head, head.map((_, at) => (at === 0 ? "---" : "---")), ...rows]
      .map((cells) => `|${cells.map((cell) => (cell === "---" ? cell : ` ${cell} `)).join("|")}|`)
      .join("\n");
  const observers = Object.keys(observerTable) as ObserverState[];
  expect(page).toContain(
    tableOf(
      ["this process", ...observerEvents.map((event) => `\`${event}\``)],
      observers.map((state) => [`\`${state}\``, ...observerEvents.map((event) => observerTable[state][event] ?? "")]),
    ),
  );
  expect(page).toContain(
    tableOf(
      ["a member", ...peerEvents.map((event) => `\`${event}\``)],
      peers.map((state) => [`\`${state}\``, ...peerEvents.map((event) => peerTable[state][event] ?? "")]),
    ),
  );
  expect(page).toContain(
    tableOf(
      ["heard", "no lease", "lease held", "lease expired"],
      peers.map((state) => [`\`${state}\``, ...leases.map((lease) => verdictTable[state][lease])]),
    ),
  );
});
