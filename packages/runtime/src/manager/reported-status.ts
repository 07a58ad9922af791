import type { ReportedStatus } from "../capability/index.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";

/** What schedulers hear. Only `ready` means that work may be placed here: not so while an operator has it cordoned. */
export function reportedStatus({ state, phase }: LifecycleStatus, cordoned: boolean): ReportedStatus {
  switch (state) {
    case "serving":
      if (phase !== "ready") return "starting";
      return cordoned ? "cordoned" : "ready";
    case "booting":
    case "preRpc":
      return "starting";
    case "failed":
      return "stopped";
    default:
      return state;
  }
}
