import type { Random } from "@reeve/runtime/transport";
import { createPort } from "./create-port.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { networks } from "./networks.ts";
import { ports } from "./ports.ts";
import type { Segmentation } from "./segmentation.ts";
import { subnets } from "./subnets.ts";
import { usage } from "./usage.ts";

/** What a network manager answers for without a device. */
export type IpamOperations = Pick<
  NetworkOperations,
  | "createNetwork"
  | "getNetwork"
  | "listNetworks"
  | "deleteNetwork"
  | "createSubnet"
  | "getSubnet"
  | "listSubnets"
  | "deleteSubnet"
  | "createPort"
  | "getPort"
  | "listPorts"
  | "deletePort"
  | "usage"
>;

/**
 * Who has which segment, MAC and address, the same for every strategy of segments. All that each operation changes is one
 * transaction, so nothing has to be journalled or recovered.
 *
 * @param random where generated MACs come from; default `Math.random`
 */
export function ipam(
  handles: NetworkHandles,
  segmentation: Segmentation,
  random: Random = Math.random,
): IpamOperations {
  return {
    ...networks(handles, segmentation),
    ...subnets(handles),
    ...createPort(handles, random),
    ...ports(handles),
    ...usage(handles),
  };
}
