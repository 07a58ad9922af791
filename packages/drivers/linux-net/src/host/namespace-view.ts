import type { Link } from "./link.ts";

/** A default route that somebody configured; those learned from routers are not among them. */
export interface DefaultRoute {
  readonly gateway: string;
  readonly interface: string;
}

/** A network namespace at one moment. */
export interface NamespaceView {
  readonly links: readonly Link[];
  readonly defaultRoutes: readonly DefaultRoute[];
}

/** `absent`: no such name. `stale`: a file that a killed `ip netns add` left, with no namespace behind it. */
export type NamespaceState = NamespaceView | "absent" | "stale";

/** The other end of a veth pair; a pair is two ends that name each other. */
export function peerIn(view: NamespaceState, link: Link): Link | undefined {
  if (typeof view === "string") return undefined;
  return view.links.find(
    ({ kind, index, peerIndex }) => kind === "veth" && index === link.peerIndex && peerIndex === link.index,
  );
}
