import { contract, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import type { Heard } from "../registry/membership/index.ts";
import type { ServedManager } from "../rpc/remote/server/endpoint.ts";
import { recordingLogger } from "../telemetry/index.ts";
import { AddressClaims } from "./address-claims.ts";
import { OwnClaim } from "./own-claim.ts";

const bell = {
  contract: contract("bell", "1.0", {}),
  address: "a",
  key: "bell/a",
  epoch: 1,
  incarnation: "one",
  store: "store",
} as ServedManager;

/** Keeps what a claim says. */
function listening() {
  const told: string[] = [];
  const port = {
    isCurrent: async () => false,
    onFenced: ({ reason }: { reason: string }) => void told.push(reason),
    onRefused: ({ reason }: { reason: string }) => void told.push(reason),
    onAllowed: (reason: string) => void told.push(`not ${reason}`),
  };
  const announcement = {
    setHeld: (since: number | undefined) => void told.push(since === undefined ? "given" : "held"),
  };
  const shared = { sender: "here", clock: new ManualClock(), log: recordingLogger() };
  return { told, port, announcement, shared };
}

const holder = { sender: "there", store: "another store", heldSince: -60_000 };

test("a claim says what becomes of its address, and once it has ended nothing more", async () => {
  const { told, port, announcement, shared } = listening();
  const claim = new OwnClaim({ ...shared, manager: bell, announcement, port });
  claim.decide([], Number.NEGATIVE_INFINITY);
  claim.doubt("it stood still");
  claim.end();
  expect(told).toEqual(["held", "STOOD_STILL"]);
  claim.doubt("it stood still again");
  claim.decide([holder], Number.NEGATIVE_INFINITY);
  claim.renew();
  await claim.superseded(reeveError("FENCED", "superseded"));
  expect(told).toEqual(["held", "STOOD_STILL"]);

  const other = listening();
  const live = new OwnClaim({ ...other.shared, manager: bell, announcement: other.announcement, port: other.port });
  live.decide([], Number.NEGATIVE_INFINITY);
  live.doubt("it stood still");
  live.decide([holder], Number.NEGATIVE_INFINITY);
  const twice = [1, 2].map(() => live.superseded(reeveError("FENCED", "superseded")));
  expect(await Promise.all(twice)).toEqual([true, true]);
  expect(other.told).toEqual(["held", "STOOD_STILL", "given", "ADDRESS_CLAIMED", "not STOOD_STILL", "FENCED"]);
});

test("what it held before it stood still counts for nothing, and who held its address meanwhile has had what came, even if they left", async () => {
  const { told, port, announcement, shared } = listening();
  const claim = new OwnClaim({ ...shared, manager: bell, announcement, port });
  expect(claim.decide([], Number.NEGATIVE_INFINITY)).toBe(false);
  claim.heldElsewhere();
  expect(claim.decide([], Number.NEGATIVE_INFINITY)).toBe(false);
  await shared.clock.advance(60_000);
  claim.doubt("it stood still");
  const young = { ...holder, heldSince: shared.clock.now() - 5_000 };
  claim.decide([young], Number.NEGATIVE_INFINITY);
  expect(told).toEqual(["held", "held", "STOOD_STILL", "given", "ADDRESS_CLAIMED", "not STOOD_STILL"]);
  claim.decide([], Number.NEGATIVE_INFINITY);
  claim.doubt("it stood still");
  claim.heldElsewhere();
  expect(claim.decide([], Number.NEGATIVE_INFINITY)).toBe(true);
  expect(claim.held).toBe(true);
});

test("of one that is watched no longer nothing is decided, whoever is heard of", async () => {
  for (const watched of [true, false]) {
    const { told, port, announcement, shared } = listening();
    let hear: (heard: Heard) => void = () => {};
    const claims = new AddressClaims({
      ...shared,
      members: {
        onHeard: (listener) => {
          hear = listener;
          return () => {};
        },
        askHost: async () => true,
      },
      link: { caller: "a", connected: false, onLink: () => () => {} },
      host: "a",
      lapsedAt: () => Number.NEGATIVE_INFINITY,
      onSettled: () => {},
    });
    const claim = claims.watch(bell, announcement, port);
    if (!watched) claims.unwatch(claim);
    told.length = 0;
    const entry = {
      manager: "bell",
      major: 1,
      address: "a",
      epoch: 2,
      incarnation: "two",
      store: "store",
      state: "serving",
    };
    hear({ sender: "there", caller: "a", put: [entry], gone: [] } as unknown as Heard);
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toEqual(watched ? ["FENCED"] : []);
    claims.close();
  }
});
