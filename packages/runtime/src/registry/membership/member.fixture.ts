import type { MemberEntry } from "./member-entry.ts";

/** What is told of a volume manager that serves. */
export const member = (address: string, change: Partial<MemberEntry> = {}): MemberEntry => ({
  manager: "volume",
  major: 1,
  minor: 0,
  address,
  cluster: undefined,
  epoch: 1,
  incarnation: undefined,
  store: undefined,
  heldSince: undefined,
  state: "serving",
  phase: "ready",
  reasons: [],
  canServe: true,
  inFlight: 0,
  queued: 0,
  reconnects: 0,
  ...change,
});
