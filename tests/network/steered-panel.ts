import { DriverError } from "@reeve/driver-sdk";
import { type PanelCall, patchPanel } from "@reeve/testing";

/** A panel at whose driver's calls a test stands. */
export function steered() {
  const acts = new Map<string, () => Promise<void> | void>();
  const asked: string[] = [];
  const onCall = ({ moment, method }: PanelCall) => {
    if (moment === "after") return;
    asked.push(method);
    return acts.get(method)?.();
  };
  const panel = patchPanel({ onCall });
  return { acts, asked, panel, devices: { leaf: { panel } } };
}

/** What a call does that fails. */
export const fail = (code: "UNAVAILABLE" | "INTERNAL", message: string) => () => {
  throw new DriverError(code, message);
};
