import type { PortKey } from "@reeve/driver-sdk/network";
import { type Command, ip } from "../command/command.ts";
import type { HostView } from "../host/host-view.ts";
import { namespaceName, portName, stagedTapName } from "../names.ts";
import { isOldLink } from "./attach-port.ts";
import { refuseStale } from "./port-wish.ts";
import type { Wiring } from "./wiring.ts";

/**
 * What ends a port, whatever is left of it: its link, and with it the other end, then the namespace that was made for it.
 *
 * @throws DriverError `ABORTED` when it is attached with a higher generation
 */
export function detachPort({ options }: Wiring, view: HostView, key: PortKey): Command[] {
  refuseStale(view.ours(portName(key.portId)), key);
  const own = namespaceName(options.group, key.portId);
  return [
    ...removeLinks(view, [portName(key.portId), stagedTapName(key.portId)]),
    ...(view.namespaces.has(own) ? [ip(`namespace ${own} is there`, "netns", "del", own)] : []),
  ];
}

export function removeLinks(view: HostView, names: readonly string[]): Command[] {
  return names
    .filter((name) => isOldLink(view, name))
    .map((name) => ip(`link ${name} is there`, "link", "del", "dev", name));
}
