import type { InterfaceConfig } from "../reading/interface-config.ts";

/** What a port is to this driver. */
export type PortState =
  /** Nobody has configured it: it is an access port of VLAN 1, or routed without an address. */
  | { readonly is: "fresh" }
  /** It carries these tagged; none, when it is parked. */
  | { readonly is: "trunk"; readonly allowed: ReadonlySet<number> }
  | { readonly is: "access"; readonly vlanId: number }
  /** Its configuration is somebody else's. */
  | { readonly is: "foreign"; readonly why: string };

export const letsAllThrough = `it is a trunk that lets all VLANs through; give it a list, or "none"`;

/** What `switchport` would take away from a routed port, were it there. */
const harmless = /^(description |no shutdown$|no switchport$)/;

export function portStateOf(port: InterfaceConfig): PortState {
  const { mode, allowed, otherLines } = port;
  if (port.channelGroup !== undefined)
    return foreign(`it is a member of port-channel${port.channelGroup}, which is configured instead`);
  const odd = otherLines.find((line) => (port.layer === "switched" ? /^switchport /.test(line) : !harmless.test(line)));
  if (odd !== undefined) return foreign(`it has configuration that is not this driver's: ${odd}`);
  if (mode === "trunk") {
    return allowed === "all" ? foreign(letsAllThrough) : { is: "trunk", allowed };
  }
  if (allowed !== "all" && allowed.size > 0)
    return foreign("it is an access port with a list of VLANs, which it would let through as a trunk");
  return port.accessVlan === 1 ? { is: "fresh" } : { is: "access", vlanId: port.accessVlan };
}

function foreign(why: string): PortState {
  return { is: "foreign", why };
}
