import { expect, test } from "vitest";
import { canServe, listensElsewhere, modeOf } from "./can-serve.ts";
import { type CauseReason, causes } from "./cause.ts";
import type { LifecycleState } from "./status.ts";

const states: readonly LifecycleState[] = [
  "booting",
  "preRpc",
  "serving",
  "degraded",
  "resetting",
  "draining",
  "stopped",
  "failed",
];
const reasons = Object.keys(causes) as CauseReason[];
const standing = (state: LifecycleState, ...raised: CauseReason[]) => ({
  state,
  causes: raised.map((reason) => ({ reason, message: reason })),
});

test("only what is open serves anybody", () => {
  for (const state of states) {
    const open = state === "serving" || state === "degraded";
    expect([state, canServe(standing(state), "here"), canServe(standing(state), "elsewhere")]).toEqual([
      state,
      open,
      open,
    ]);
  }
});

test("callers here and elsewhere see the same, but for what concerns only the way from elsewhere", () => {
  const differing = reasons.filter((reason) => {
    const now = standing("degraded", reason);
    return canServe(now, "here") !== canServe(now, "elsewhere");
  });
  expect(differing).toEqual(["LINK_LOST", "LINK_REFUSED", "LOOP_LAGGING"]);
  for (const reason of differing) expect(canServe(standing("degraded", reason), "here")).toBe(true);
});

test("whoever is served elsewhere is served here, and whoever is served finds the mailbox open, whatever is wrong", () => {
  for (const state of states) {
    for (const one of reasons) {
      for (const other of reasons) {
        const now = standing(state, one, other);
        if (canServe(now, "elsewhere")) expect(canServe(now, "here")).toBe(true);
        if (canServe(now, "here")) expect(modeOf(now)).toBe("open");
      }
    }
  }
});

test("where somebody else may have run a call as well, none is taken", () => {
  for (const reason of reasons) {
    const taken = reason !== "ADDRESS_CLAIMED" && reason !== "STOOD_STILL";
    for (const state of ["serving", "degraded"] as const)
      expect([reason, modeOf(standing(state, reason))]).toEqual([reason, taken ? "open" : "closed"]);
    expect(modeOf(standing("resetting", reason))).toBe("paused");
  }
});

test("an address that another process holds is not listened to, and one that is open is", () => {
  for (const state of states) {
    expect(listensElsewhere(standing(state, "ADDRESS_CLAIMED"))).toBe("no");
    const open = state === "serving" || state === "degraded";
    expect([state, listensElsewhere(standing(state))]).toEqual([state, open ? "yes" : "as before"]);
  }
});
