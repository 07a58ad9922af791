import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { seededRandom } from "../base/random.ts";
import type { ClusterRecord } from "../registry/index.ts";
import type { KnownMember, MemberEnd } from "../registry/membership/index.ts";
import { recordingLogger } from "../telemetry/index.ts";
import type { LeaseState } from "./peer-state.ts";
import { type LeftWork, Takeover } from "./takeover.ts";

/** A member "a" of a cluster, and a world that a test makes of it: who is heard, what the database says, what was left. */
function world() {
  const clock = new ManualClock();
  const log = recordingLogger();
  const records = new Map<string, ClusterRecord>();
  const leases = new Map<string, LeaseState>();
  const members = new Map<string, KnownMember>();
  const left = new Set<string>();
  const done: string[] = [];
  const links: ((up: boolean) => void)[] = [];
  const changed: ((manager: string, major: number, address: string) => void)[] = [];
  const gone: ((member: KnownMember, silentSince: number | undefined, end: MemberEnd) => void)[] = [];
  /** Whose lease is not that of the life that its record is about. */
  const holders = new Map<string, number>();
  const holderOf = (address: string) => {
    const { epoch, raisedBy } = records.get(address)!;
    return holders.get(address) ?? (raisedBy === null ? epoch : epoch - 1);
  };
  const steps = {
    answers: true,
    /** How far the database's clock was set. */
    setMs: 0,
    leases: async () => {},
    fence: async (_: string) => {},
    device: async (_: string) => {},
    takeOver: async (_: string) => {},
  };
  const record = (address: string, epoch: number, more: Partial<ClusterRecord> = {}) => {
    records.set(address, { address, epoch, raisedBy: null, shared: true, ...more });
  };
  const others: LeftWork[] = [];
  const work: LeftWork = {
    hasLeft: async (address) => left.has(address),
    takeOver: async (address, before) => {
      await steps.takeOver(address);
      left.delete(address);
      done.push(`claim ${address} <${before}`);
    },
  };
  record("a", 1);
  leases.set("a", "held");
  const notRenewed: (() => void)[] = [];
  const begin = () => {
    const takeover = new Takeover({
      ...{ clock, log, random: seededRandom(1), cluster: "rack", paused: () => false, left: [work, ...others] },
      registration: { manager: "mill", address: "a", epoch: 1, store: "s" },
      registry: {
        membersOf: async () => {
          if (!steps.answers) throw new Error("the database is away");
          return [...records.values()];
        },
        fencePeer: async ({ address }, epoch, by) => {
          await steps.fence(address);
          const row = records.get(address)!;
          if (row.epoch === epoch) record(address, epoch + 1, { raisedBy: by });
          done.push(`fence ${address}`);
          return records.get(address)!;
        },
      },
      peers: {
        all: () => members.values(),
        askHost: async () => true,
        at: (_, __, address) => members.get(address),
        onChange: (listener) => listen(changed, listener),
        onGone: (listener) => listen(gone, listener),
      },
      link: { connected: true, onLink: (listener) => listen(links, listener) },
      leases: {
        statesOf: async () => {
          await steps.leases();
          const seen = [...leases].map(
            ([address, state]) => [address, { state, holderEpoch: holderOf(address) }] as const,
          );
          return { databaseNow: clock.wallNow() + steps.setMs, leases: new Map(seen) };
        },
        onNotRenewed: (listener) => listen(notRenewed, listener),
      },
      fenceDevice: async ({ address, epoch }) => {
        await steps.device(address);
        done.push(`device ${address} <${epoch}`);
      },
      onFenced: (error) => done.push(`fenced by ${(error.data as { by?: string }).by}`),
    });
    onTestFinished(async () => {
      await takeover.close();
      expect([clock.pending, links, changed, gone, notRenewed]).toEqual([0, [], [], [], []]);
    });
    return takeover;
  };
  return {
    ...{ clock, log, record, records, leases, holders, left, others, done, steps, begin },
    notRenewed: () => {
      for (const tell of notRenewed) tell();
    },
    link: (up: boolean) => {
      for (const tell of links) tell(up);
    },
    hear: (address: string, epoch: number, hearing: KnownMember["hearing"] = "heard") => {
      members.set(address, { ...known, address, epoch, hearing });
      for (const tell of changed) tell("mill", 1, address);
    },
    endOf: (address: string, epoch: number) => {
      for (const tell of gone) tell({ ...known, address, epoch }, undefined, "dead");
    },
    lose: (address: string, end: MemberEnd) => {
      const member = members.get(address)!;
      members.delete(address);
      for (const tell of gone) tell(member, undefined, end);
    },
  };
}

const known = { manager: "mill", major: 1, cluster: "rack", store: "s" } as unknown as KnownMember;

function listen<L>(all: L[], listener: L): () => void {
  all.push(listener);
  return () => void all.splice(all.indexOf(listener), 1);
}

const taken = (address: string, before = 2) => [
  `fence ${address}`,
  `device ${address} <${before}`,
  `claim ${address} <${before}`,
];

/** A member "b" that has been heard for so long that it may be judged. */
async function watching(...others: LeftWork[]) {
  const made = world();
  made.others.push(...others);
  made.record("b", 1);
  made.leases.set("b", "held");
  made.hear("b", 1);
  const takeover = made.begin();
  await made.clock.advance(12_000);
  expect(made.done).toEqual([]);
  return { ...made, takeover };
}

test.each([
  ["its process is dead", "dead"],
  ["it has stopped, and could not finish", "said"],
] as const)(
  "what a member has left is taken over at once when %s: fenced, then its device, then claimed",
  async (_, end) => {
    const { lose, left, done, clock } = await watching();
    left.add("b");
    lose("b", end);
    await clock.advance(1);
    expect(done).toEqual(taken("b"));
    await clock.advance(60_000);
    expect(done).toEqual(taken("b"));
  },
);

test("one that has stopped and left nothing is not fenced; one that is dead is, as nobody knows what it may still write", async () => {
  const { lose, done, clock } = await watching();
  lose("b", "said");
  await clock.advance(60_000);
  expect(done).toEqual([]);
  const dead = await watching();
  dead.lose("b", "dead");
  await dead.clock.advance(60_000);
  expect(dead.done).toEqual(taken("b"));
});

test("one whose lease has expired is dead, however well its threads are heard", async () => {
  const { leases, done, clock } = await watching();
  leases.set("b", "expired");
  await clock.advance(1_100);
  expect(done).toEqual(taken("b"));
});

test.each(["silent", "crowded out"])("one that is %s is not dead while it renews its lease", async (how) => {
  const { hear, lose, done, clock } = await watching();
  if (how === "silent") hear("b", 1, "lost");
  else lose("b", "unknown");
  await clock.advance(60_000);
  expect(done).toEqual([]);
});

test.each([
  ["the broker", (w: ReturnType<typeof world>) => w.link(false), (w: ReturnType<typeof world>) => w.link(true), 10_000],
  [
    "the database",
    (w: ReturnType<typeof world>) => {
      w.steps.answers = false;
    },
    (w: ReturnType<typeof world>) => {
      w.steps.answers = true;
    },
    6_000,
  ],
] as const)(
  "who has lost %s judges nobody, until it has been back for a whole window",
  async (_, away, back, windowMs) => {
    const made = await watching();
    const { lose, leases, done, clock } = made;
    away(made);
    await clock.advance(1_100);
    lose("b", "dead");
    leases.set("b", "expired");
    await clock.advance(60_000);
    expect(done).toEqual([]);
    back(made);
    await clock.advance(windowMs - 1_100);
    expect(done).toEqual([]);
    await clock.advance(3_000);
    expect(done).toEqual(taken("b"));
  },
);

test("who stood still judges nobody before it has heard the others for a window", async () => {
  const { leases, hear, done, clock } = await watching();
  leases.set("b", "expired");
  clock.stall(7_000);
  await clock.advance(1_100);
  // It has renewed meanwhile: who was paused would have read the state of before.
  leases.set("b", "held");
  hear("b", 1);
  await clock.advance(30_000);
  expect(done).toEqual([]);
});

test("one whose driver does not fence is never taken over", async () => {
  const { record, lose, left, done, clock } = await watching();
  record("b", 1, { shared: false });
  left.add("b");
  lose("b", "dead");
  await clock.advance(60_000);
  expect(done).toEqual([]);
});

test("what is said of one incarnation says nothing of the next", async () => {
  const { record, lose, leases, hear, done, clock } = await watching();
  // It has registered again, and is neither heard nor has a lease yet.
  record("b", 2);
  leases.set("b", "expired");
  lose("b", "dead");
  await clock.advance(5_000);
  hear("b", 2);
  leases.set("b", "held");
  await clock.advance(60_000);
  expect(done).toEqual([]);
});

test("one that is heard again before it has taken its lease is not dead by the lease of its life before", async () => {
  const { record, leases, holders, hear, done, clock } = await watching();
  holders.set("b", 1);
  leases.set("b", "expired");
  record("b", 2);
  hear("b", 2);
  await clock.advance(5_000);
  expect(done).toEqual([]);
  holders.set("b", 2);
  await clock.advance(1_100);
  expect(done).toEqual(taken("b", 3));
});

test("who had to wait for the database judges nobody by what it answers then: others could not renew meanwhile", async () => {
  const { leases, steps, done, clock } = await watching();
  const paused = Promise.withResolvers<void>();
  steps.leases = () => paused.promise;
  await clock.advance(7_000);
  leases.set("b", "expired");
  paused.resolve();
  await clock.advance(5_000);
  expect(done).toEqual([]);
  leases.set("b", "held");
  await clock.advance(30_000);
});

test("a word of the end of an earlier incarnation, come late, ends no later one", async () => {
  const { record, hear, endOf, leases, done, clock } = await watching();
  leases.delete("b");
  record("b", 2);
  hear("b", 2);
  await clock.advance(1_100);
  endOf("b", 1);
  await clock.advance(60_000);
  expect(done).toEqual([]);
});

test("one that has registered again before it is fenced is left alone", async () => {
  const { record, lose, leases, steps, done, clock } = await watching();
  steps.fence = async () => {
    record("b", 2);
    leases.set("b", "held");
  };
  lose("b", "dead");
  await clock.advance(60_000);
  expect(done).toEqual(["fence b"]);
});

test("one that a peer has fenced is finished all the same: that peer may have died since", async () => {
  const { record, lose, done, clock } = await watching();
  record("b", 2, { raisedBy: "c" });
  lose("b", "dead");
  await clock.advance(5_000);
  expect(done).toEqual(["device b <2", "claim b <2"]);
});

test.each([
  [false, []],
  [true, ["device b <2", "claim b <2"]],
])("one that was fenced long ago is finished where it has left something: %j", async (leaves, expected) => {
  const { record, left, begin, done, clock } = world();
  record("b", 2, { raisedBy: "c" });
  if (leaves) left.add("b");
  begin();
  await clock.advance(30_000);
  expect(done).toEqual(expected);
});

test.each(["fence", "device", "takeOver"] as const)(
  "a %s that fails is tried again, and nothing is done before it",
  async (step) => {
    const { lose, steps, done, clock, log } = await watching();
    let failures = 3;
    steps[step] = async () => {
      if (failures-- > 0) throw new Error("away");
    };
    lose("b", "dead");
    await clock.advance(30_000);
    expect(failures).toBeLessThan(0);
    expect(done.filter((line) => line.startsWith("claim"))).toEqual(["claim b <2"]);
    expect(done.indexOf("fence b")).toBeLessThan(done.indexOf("device b <2"));
    expect(log.lines.filter(({ message }) => String(message).includes("not taken over yet"))).toHaveLength(3);
  },
);

test("who nobody has heard of is looked at after a window: fenced unless it holds its lease", async () => {
  const { record, leases, begin, done, clock } = world();
  for (const address of ["b", "c", "d"]) record(address, 1);
  leases.set("c", "held");
  leases.set("d", "expired");
  begin();
  await clock.advance(9_000);
  expect(done).toEqual([]);
  await clock.advance(4_000);
  expect(done.toSorted()).toEqual([...taken("b"), ...taken("d")].toSorted());
});

test("a recovery that takes long keeps nothing else waiting that the dead one has left", async () => {
  const casts: string[] = [];
  const made = await watching({ hasLeft: async () => true, takeOver: async (address) => void casts.push(address) });
  const { lose, steps, clock } = made;
  const goOn = Promise.withResolvers<void>();
  steps.takeOver = () => goOn.promise;
  lose("b", "dead");
  await clock.advance(1_000);
  expect(casts).toEqual(["b"]);
  goOn.resolve();
  await clock.advance(60_000);
  expect([casts, made.done]).toEqual([["b"], taken("b")]);
});

test("one that was fenced itself finds out at its next look, and looks at nobody any more", async () => {
  const { record, done, clock, takeover } = await watching();
  record("a", 2, { raisedBy: "c" });
  await clock.advance(1_100);
  expect(done).toEqual(["fenced by c"]);
  await takeover.close();
});

test("one that leaves begins nothing more", async () => {
  const { lose, steps, left, done, clock, takeover } = await watching();
  const entered = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  steps.device = async () => {
    entered.resolve();
    await goOn.promise;
  };
  left.add("b");
  lose("b", "dead");
  await clock.advance(1);
  await entered.promise;
  void takeover.close();
  goOn.resolve();
  await clock.advance(10_000);
  expect(done).toEqual(["fence b", "device b <2"]);
});

test("a database whose clock is set takes nobody for dead whose lease has run out by that, and whoever stays silent is", async () => {
  const { clock, leases, steps, done } = await watching();
  steps.setMs = 3_600_000;
  leases.set("b", "expired");
  await clock.advance(2_000);
  leases.set("b", "held");
  await clock.advance(60_000);
  expect(done).toEqual([]);
  steps.setMs = 0;
  leases.set("b", "expired");
  await clock.advance(5_000);
  expect(done).toEqual([]);
  await clock.advance(3_000);
  expect(done).toEqual(taken("b"));
});

test("a member that cannot renew its own lease judges nobody: the database may keep the others from renewing as well", async () => {
  const { clock, leases, done, notRenewed } = await watching();
  notRenewed();
  // Its own is held for longer than the one of "b", which was renewed a little before.
  leases.set("b", "expired");
  await clock.advance(2_000);
  leases.set("a", "expired");
  await clock.advance(30_000);
  expect(done).toEqual([]);
  // The disk has room again, and "b" does not come back.
  leases.set("a", "held");
  await clock.advance(5_000);
  expect(done).toEqual([]);
  await clock.advance(3_000);
  expect(done).toEqual(taken("b"));
});

test("of many that die together eight are shut out at once, and all are", async () => {
  const { clock, record, leases, hear, lose, steps, done } = await watching();
  const dead = Array.from({ length: 30 }, (_, n) => `dead-${n}`);
  for (const address of dead) {
    record(address, 1);
    leases.set(address, "held");
    hear(address, 1);
  }
  let atOnce = 0;
  let most = 0;
  steps.device = async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 100));
    atOnce -= 1;
  };
  await clock.advance(2_000);
  for (const address of dead) lose(address, "dead");
  await clock.advance(1_000);
  expect(most).toBe(8);
  expect(done.filter((line) => line.startsWith("claim")).toSorted()).toEqual(
    dead.map((address) => `claim ${address} <2`).toSorted(),
  );
});
