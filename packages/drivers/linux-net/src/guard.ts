import { type DriverCall, DriverError } from "@reeve/driver-sdk";
import { markOf, type Point, type PortKey, requireMac, requirePoint, requirePortKey } from "@reeve/driver-sdk/network";
import { parsePortAlias } from "./alias.ts";
import { bridge, type Command } from "./command/command.ts";
import { converge, type Wish } from "./converge.ts";
import { oursOrNothing, portKinds } from "./decision/foreign.ts";
import { refuseStale } from "./decision/port-wish.ts";
import { innerVlan, type Wiring } from "./decision/wiring.ts";
import type { Device } from "./device.ts";
import { portName } from "./names.ts";

export interface Guarded extends PortKey {
  readonly point: Point;
  readonly mac: string;
  readonly addresses: readonly string[];
}

/**
 * Lets nothing out of a port that has another source MAC: the bridge learns nothing there and is told the one MAC. Source addresses
 * within those frames are not looked at.
 */
export function guardPort(device: Device, input: Guarded, { signal }: DriverCall): Promise<void> {
  const key = requirePortKey(input);
  const mac = requireMac("mac", input.mac);
  requirePoint("point", input.point);
  const work = () => converge(device, guardWish(device, key, mac), signal);
  return device.ofPort(markOf(key.portId), signal, () => device.segments.shared(signal, work));
}

function guardWish({ filtering }: Wiring, key: PortKey, mac: string): Wish {
  return {
    needsVlans: () => false,
    decide: (view) => {
      const name = portName(key.portId);
      const link = oursOrNothing(view, name, portKinds);
      refuseStale(link, key);
      const alias = parsePortAlias(link?.alias);
      if (!link || !alias)
        throw new DriverError("FAILED_PRECONDITION", `port ${key.portId} is not attached; attach it first`);
      if (link.master === undefined)
        throw new DriverError("FAILED_PRECONDITION", `port ${key.portId} is in no bridge; attach it again`);
      const vlan = filtering ? ["vlan", String(innerVlan(alias.segment))] : [];
      const commands: Command[] = [
        bridge("its MAC may not be known", "fdb", "replace", mac, "dev", name, "master", "static", ...vlan),
        bridge("it is not locked", "link", "set", "dev", name, "learning", "off", "locked", "on"),
      ];
      return commands;
    },
  };
}
