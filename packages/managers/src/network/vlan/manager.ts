import { networkManager } from "../network-manager.ts";
import { vlanSegmentation } from "./segmentation.ts";

/**
 * The manager of VLAN networks: each network has a VLAN of its own on a physical network. Its driver needs the ability `vlans`;
 * the configuration says which VLAN ids networks may get.
 *
 * @example
 * ```ts
 * const config = { physicalNetworks: { dc1: { vlans: [[100, 199]] } } };
 * supervisor.spawn(vlanNetworkManager, { backend: "leaf-1", driver: ciscoNet({ … }), config });
 * ```
 */
export const vlanNetworkManager = networkManager({ kind: "vlan", segmentation: vlanSegmentation });
