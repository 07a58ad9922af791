import type { DriverCall } from "@reeve/driver-sdk";
import { type Discarded, markOf, requireDiscarded } from "@reeve/driver-sdk/network";
import { ip } from "./command/command.ts";
import { converge, type Wish } from "./converge.ts";
import { removeLinks } from "./decision/detach-port.ts";
import { oursOrNothing, portKinds } from "./decision/foreign.ts";
import { removeSegment } from "./decision/remove-segment.ts";
import type { Wiring } from "./decision/wiring.ts";
import type { Device } from "./device.ts";
import type { HostView } from "./host/host-view.ts";
import { portIdOfNamespace } from "./names.ts";

/** Removes what carries a mark of ours; every port on a host carries one. */
export async function discard(device: Device, discarded: Discarded, { signal }: DriverCall): Promise<void> {
  const { kind, mark } = requireDiscarded(discarded);
  if (mark === undefined) return;
  if (kind === "port") {
    const work = () => converge(device, portWish(device, mark), signal);
    return device.ofPort(mark, signal, () => device.segments.shared(signal, work));
  }
  const wish: Wish = {
    decide: (view) => {
      oursOrNothing(view, `rvs${mark}`, ["bridge"]);
      return removeSegment(device, view, { linkName: `rvs${mark}` }, "now");
    },
  };
  return device.ofSegment(mark, signal, () => device.segments.exclusive(signal, () => converge(device, wish, signal)));
}

function portWish({ options }: Wiring, mark: string): Wish {
  return {
    needsVlans: () => false,
    decide: (view) => {
      const name = `rvp${mark}`;
      oursOrNothing(view, name, portKinds);
      return [
        ...removeLinks(view, [name, `rvt${mark}`]),
        ...ownNamespaces(view, options.group)
          .filter(({ portId }) => markOf(portId) === mark)
          .map(({ namespace }) => ip(`namespace ${namespace} is there`, "netns", "del", namespace)),
      ];
    },
  };
}

/** The namespaces that were made for ports. */
export function ownNamespaces(view: HostView, group: number): { namespace: string; portId: string }[] {
  return [...view.namespaces.keys()].flatMap((namespace) => {
    const portId = portIdOfNamespace(group, namespace);
    return portId ? [{ namespace, portId }] : [];
  });
}
