import type { ReportedStatus } from "../capability/index.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";

/** What schedulers hear. Only `ready` means that work may be placed here. */
export function reportedStatus({ state, phase }: LifecycleStatus): ReportedStatus {
  switch (state) {
    case "serving":
      return phase === "ready" ? "ready" : "starting";
    case "booting":
    case "preRpc":
      return "starting";
    case "failed":
      return "stopped";
    default:
      return state;
  }
}
