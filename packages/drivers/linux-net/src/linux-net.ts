import { type Driver, defineDriver } from "@reeve/driver-sdk";
import { type NetworkDriverPort, networkDriver } from "@reeve/driver-sdk/network";
import type { z } from "zod";
import { Device } from "./device.ts";
import { discard, ownNamespaces } from "./discard.ts";
import { guardPort } from "./guard.ts";
import { localMachine } from "./host/local-machine.ts";
import type { Machine } from "./host/machine.ts";
import { inventory } from "./inventory.ts";
import { LinuxNetOptions } from "./options.ts";
import { plan } from "./plan.ts";
import { attach, detach } from "./ports.ts";
import { requireRight } from "./requirements.ts";
import { ensureSegment, removeSegment } from "./segments.ts";
import { measureStats, vlanRanges } from "./stats.ts";

/** How `linuxNet` is given its options. */
type Options = z.input<typeof LinuxNetOptions>;

/**
 * Networks on the Linux host that this process runs on, by iproute2: a bridge for each physical network, a veth pair with a network
 * namespace or a tap device for each port.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option; whether the host has what it takes shows at set-up
 * @example
 * ```ts
 * const driver = linuxNet({ physicalNetworks: { dc1: { uplink: "eth1" } } });
 * ```
 */
export function linuxNet(options: Options): Driver<NetworkDriverPort> {
  return linuxNetOn(localMachine(), options);
}

/**
 * `linuxNet` for a host that is reached in another way than by starting programs here: from a container beside it, over SSH, in a
 * test.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option
 * @example
 * ```ts
 * const driver = linuxNetOn(localMachine(), { physicalNetworks: { dc1: {} } });
 * ```
 */
export function linuxNetOn(machine: Machine, options: Options): Driver<NetworkDriverPort> {
  const factory = defineDriver(networkDriver, {
    name: "linux-net",
    version: "0.1.0",
    options: LinuxNetOptions,
    setup: (checked, { signal }) => Device.open(checked, machine, signal),
    methods: { ensureSegment, removeSegment, attach, detach, discard, list: inventory },
    abilities: {
      vlans: { ranges: vlanRanges },
      namespaces: { list: listNamespaces },
      guard: { apply: guardPort },
      plan: { plan },
    },
    check: (device, { signal }) => requireRight(device.machine, signal),
    stats: measureStats,
  });
  return factory(options);
}

async function listNamespaces(device: Device, { signal }: { readonly signal: AbortSignal }): Promise<string[]> {
  const view = await device.reader.host(signal, () => false);
  return ownNamespaces(view, device.options.group).map(({ namespace }) => namespace);
}
