import { type NetworkChange, requireAttachmentSpec, requireSegmentKey } from "@reeve/driver-sdk/network";
import { changed } from "./panel-command.ts";
import type { PanelLimits } from "./panel-limits.ts";
import { lineKey, type PanelConfiguration } from "./panel-state.ts";
import { planUnplug } from "./plan-port.ts";
import { planEnsure } from "./plan-segment.ts";

/** What a panel would be like when a change is made: its segment ensured before an attachment, its ports detached before its removal. */
export function foreseen(now: PanelConfiguration, input: NetworkChange, limits: PanelLimits): PanelConfiguration {
  if (input.change === "attach") {
    const spec = requireAttachmentSpec(input);
    return planEnsure(now, { ...spec, name: "" }, limits).reduce(changed, now);
  }
  if (input.change !== "removeSegment") return now;
  const { physicalNetwork, segment } = requireSegmentKey(input);
  const line = lineKey(physicalNetwork, segment);
  let next = now;
  for (const [label, { group, note }] of Object.entries(now.plugs))
    if (group === limits.group && note?.line === line) next = planUnplug(next, label, limits).reduce(changed, next);
  return next;
}
