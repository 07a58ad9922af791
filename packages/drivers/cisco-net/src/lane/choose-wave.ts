import type { Wish } from "../deciding/wish.ts";

/** Something that a wish is about. Wishes go together when they say the same of it; without a stance none go together. */
interface Touch {
  readonly key: string;
  readonly stance: string | undefined;
}

/**
 * The calls that can be decided together, in order of arrival: none of them undoes what another of them does, and no two are of one
 * port. A call that waits keeps its place before all later ones that are about the same.
 *
 * @returns those that go, and those that wait for the next turn
 */
export function chooseWave<Call extends { readonly wish: Wish }>(
  waiting: readonly Call[],
  most: number,
): { readonly taken: Call[]; readonly left: Call[] } {
  const stances = new Map<string, string | undefined>();
  const taken: Call[] = [];
  const left: Call[] = [];
  for (const call of waiting) {
    const touches = touchesOf(call.wish);
    const fits =
      taken.length < most &&
      touches.every(({ key, stance }) => !stances.has(key) || (stance !== undefined && stances.get(key) === stance));
    (fits ? taken : left).push(call);
    for (const { key, stance } of touches) stances.set(key, fits ? stance : undefined);
  }
  return { taken, left };
}

function touchesOf(wish: Wish): Touch[] {
  // What has lost its id may be any VLAN: it goes with its like only.
  if (wish.change === "discard") return [{ key: "all", stance: "discards" }];
  const touches: Touch[] = [{ key: "all", stance: "calls" }];
  const vlanId = wish.segment.kind === "vlan" ? wish.segment.vlanId : 0;
  const network = wish.change === "removeSegment" ? `without ${wish.networkId}` : `with ${wish.networkId}`;
  touches.push(
    { key: `vlan ${vlanId}`, stance: network },
    { key: `network ${wish.networkId}`, stance: `${network} ${vlanId}` },
  );
  if (wish.change === "attach" || wish.change === "detach") {
    touches.push({ key: `port ${wish.portId}`, stance: undefined });
    if (wish.point.kind === "switchport")
      touches.push({ key: `place ${wish.point.interface} ${vlanId}`, stance: wish.change });
  }
  return touches;
}
