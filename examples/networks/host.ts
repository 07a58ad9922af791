import { join } from "node:path";
import { ciscoNet } from "@reeve/cisco-net";
import type { Input } from "@reeve/contract";
import { linuxNet } from "@reeve/linux-net";
import { flatNetworkManager, type NetworkConfig, vlanNetworkManager } from "@reeve/managers/network";
import { nats } from "@reeve/nats";
import { createSupervisor, type Supervisor } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import type { Settings } from "./settings.ts";

const vlans: Input<typeof NetworkConfig> = { physicalNetworks: { rack: { vlans: [[100, 199]] } } };

/**
 * Two strategies, two implementations: a manager of flat networks and one of VLANs on this Linux host, and one of VLANs for each
 * switch. They share one store: any of them answers for networks, subnets and ports, and each for its own device.
 */
export async function startHost({ servers, directory, switches }: Settings): Promise<Supervisor> {
  const supervisor = createSupervisor({
    host: "net-01",
    transport: nats({ servers, caller: "net-01" }),
    trustedForwarders: ["cli"],
    store: sqlite({ path: join(directory, "reeve.sqlite") }),
    log: { destination: { path: join(directory, "reeve.log") } },
  });
  supervisor.spawn(flatNetworkManager, {
    backend: "lan",
    driver: linuxNet({ physicalNetworks: { lan: {} }, group: 7238 }),
    config: { physicalNetworks: { lan: {} } },
  });
  supervisor.spawn(vlanNetworkManager, {
    backend: "rack",
    driver: linuxNet({ physicalNetworks: { rack: { uplink: "eth1" } }, group: 7239 }),
    config: vlans,
  });
  for (const { backend, ...access } of switches) {
    supervisor.spawn(vlanNetworkManager, {
      backend,
      driver: ciscoNet({
        ...access,
        physicalNetwork: "rack",
        interfaces: ["Ethernet1/1", "Ethernet1/2"],
        vlans: [[100, 199]],
        saveAfter: "1h",
        readyAfter: 0,
      }),
      config: vlans,
    });
  }
  supervisor.handleSignals();
  await supervisor.start();
  return supervisor;
}
