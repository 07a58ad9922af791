import { networkManager } from "../network-manager.ts";
import { flatSegmentation } from "./segmentation.ts";

/**
 * The manager of flat networks: one network per physical network, which is all of its untagged traffic. Give it a driver of the
 * port `network` and a configuration that names the physical networks of its device.
 *
 * @example
 * ```ts
 * supervisor.spawn(flatNetworkManager, { driver: linuxNet({ … }), config: { physicalNetworks: { dc1: {} } } });
 * ```
 */
export const flatNetworkManager = networkManager({ kind: "flat", segmentation: flatSegmentation });
