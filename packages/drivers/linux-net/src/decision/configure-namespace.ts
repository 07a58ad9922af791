import { isIPv6, SocketAddress } from "node:net";
import type { AttachmentSpec } from "@reeve/driver-sdk/network";
import { type Command, ipIn } from "../command/command.ts";
import type { Link } from "../host/link.ts";
import type { DefaultRoute, NamespaceState } from "../host/namespace-view.ts";
import type { Place } from "./port-wish.ts";

/**
 * What makes a workload's end of a port as it is to be: its MAC, MTU, addresses and default routes.
 *
 * @param peer that end when it is kept; absent when it has just been made
 */
export function configureNamespace(
  { addresses, gateways, mac, mtu }: AttachmentSpec,
  { namespace, interface: name, own }: Place,
  inside: NamespaceState | undefined,
  peer: Link | undefined,
): Command[] {
  const change = (why: string, ...args: string[]) => ipIn(namespace, why, ...args);
  const view = typeof inside === "object" ? inside : undefined;
  const loopback = own && !view?.links.some((link) => link.name === "lo" && link.up);
  const has = peer?.addresses ?? [];
  const extra = has.filter(
    (other) => !other.automatic && !addresses.some((address) => sameAddress(other.address, address)),
  );
  // An address takes those with it that the kernel holds for its secondaries, and the last of a kind all routes: all are given anew.
  const anew = extra.length > 0;
  const missing = addresses.filter((address) => anew || !has.some((other) => sameAddress(other.address, address)));
  const routes = peer ? (view?.defaultRoutes ?? []).filter((route) => route.interface === name) : [];
  const wanted = (route: DefaultRoute) => !anew && gateways.some((gateway) => sameIp(route.gateway, gateway));
  const oldRoutes = routes.filter((route) => !wanted(route));
  const noRoute = gateways.filter((gateway) => anew || !routes.some((route) => sameIp(route.gateway, gateway)));
  return [
    ...(loopback ? [change("the namespace's lo is down", "link", "set", "dev", "lo", "up")] : []),
    ...(peer && peer.mac !== mac ? [change(`its MAC is ${peer.mac}`, "link", "set", "dev", name, "address", mac)] : []),
    ...(peer && peer.mtu !== mtu
      ? [change(`its MTU inside is ${peer.mtu}`, "link", "set", "dev", name, "mtu", String(mtu))]
      : []),
    ...oldRoutes.map(({ gateway }) =>
      change(`it leads to ${gateway}`, "route", "del", "default", "via", gateway, "dev", name),
    ),
    ...extra.map(({ address }) => change(`it has ${address}`, "address", "del", address, "dev", name)),
    ...missing.map((address) => change(`it lacks ${address}`, "address", "replace", address, "dev", name)),
    ...(peer?.up ? [] : [change("it is down inside", "link", "set", "dev", name, "up")]),
    ...noRoute.map((gateway) =>
      // Appended: a port's neighbours in a namespace have default routes of their own.
      change(`it does not lead to ${gateway}`, "route", "append", "default", "via", gateway, "dev", name, "onlink"),
    ),
  ];
}

function sameAddress(one: string, other: string): boolean {
  const [ip = "", prefix] = one.split("/");
  const [otherIp = "", otherPrefix] = other.split("/");
  return prefix === otherPrefix && sameIp(ip, otherIp);
}

/** However an IPv6 address is written. */
function sameIp(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(ip: string): string {
  return isIPv6(ip) ? new SocketAddress({ address: ip, family: "ipv6" }).address : ip;
}
