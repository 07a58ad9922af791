import type { NxApi, RunOptions } from "../nxapi/nx-api.ts";
import { readReservedVlans } from "../reading/reserved-vlans.ts";
import { lastVlan } from "../reading/vlan-set.ts";
import { answersTo, runShows } from "./read-switch.ts";

/** What a switch can have, as it says itself. */
export interface Limits {
  readonly reserved: ReadonlySet<number>;
  /** How many VLANs. */
  readonly vlansMax: number;
  /** Whether its running configuration was changed after it was last saved; undefined when it does not say. */
  readonly unsaved: boolean | undefined;
}

/**
 * Asks for what changes with a restart only, and for when it was last saved.
 *
 * @throws DriverError `UNAVAILABLE`
 */
export async function readLimits(api: NxApi, options: RunOptions): Promise<Limits> {
  const [reservedText] = await runShows(api, [{ method: "cli_ascii", cmd: "show system vlan reserved" }], options);
  const reserved = readReservedVlans(reservedText!.text);
  // Not every platform has these; what they tell has another answer then.
  const [resource, running, startup] = await Promise.all(
    ["show resource", "show running-config vlan", "show startup-config"].map(async (cmd) => {
      const [answer] = await answersTo(api, [{ method: "cli_ascii", cmd }], options);
      return answer?.kind === "done" ? answer.text : "";
    }),
  );
  return {
    reserved,
    vlansMax: maxOf(resource!) ?? lastVlan - reserved.size,
    unsaved: isUnsaved(
      timeIn(running!, "Running configuration last done at"),
      timeIn(startup!, "Startup config saved at"),
    ),
  };
}

/** Columns: resource, min, max, used, unused, avail. */
function maxOf(text: string): number | undefined {
  const max = /^\s*vlan\s+\d+\s+(\d+)/m.exec(text)?.[1];
  return max === undefined ? undefined : Number(max);
}

function timeIn(text: string, label: string): number | undefined {
  const date = new RegExp(`^!${label}: (.+)$`, "m").exec(text)?.[1];
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : time;
}

/** In one second both may have been, in either order. */
function isUnsaved(changedAt: number | undefined, savedAt: number | undefined): boolean | undefined {
  return changedAt === undefined || savedAt === undefined ? undefined : changedAt >= savedAt;
}
