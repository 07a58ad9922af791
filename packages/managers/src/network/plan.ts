import type { NetworkChange } from "@reeve/driver-sdk/network";
import { reachableRow } from "../resource/index.ts";
import { carriedNetwork, requireMayName } from "./claim.ts";
import { deviceFailureOf } from "./device-failure.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import type { Point, SegmentKind } from "./network.ts";
import { pointKeyOf } from "./point-key.ts";
import type { PortRow } from "./store.ts";
import { detachSpecOf, segmentKeyOf, wishOf } from "./wish.ts";

type Plan = NetworkOperations["plan"];
type Context = Parameters<Plan>[1];

/** Tells what attaching or detaching a port would send to the device as it is now, and changes nothing. */
export function planChanges(handles: NetworkHandles, kind: SegmentKind): Pick<NetworkOperations, "plan"> {
  const { store, driver, address } = handles;

  const plan: Plan = async (input, ctx) => {
    const ability = driver.plan ?? ctx.fail("UNSUPPORTED", { ability: "plan" });
    const port = await reachableRow(store, "ports", input.portId, ctx);
    const changes =
      input.change === "attach"
        ? await attaching(port, input.as ?? { kind: "netns" }, ctx)
        : await detaching(port, ctx);
    const commands: string[] = [];
    try {
      for (const change of changes) commands.push(...(await ability.plan(change, { signal: ctx.signal })).commands);
    } catch (error) {
      const failure = deviceFailureOf(error, address);
      if (failure?.kind === "unreachable") ctx.fail("HOST_UNREACHABLE", { host: address, why: failure.why });
      if (failure?.kind === "unsupported") ctx.fail("UNSUPPORTED", { ability: failure.ability });
      throw error;
    }
    return { commands };
  };

  async function attaching(port: PortRow, point: Point, ctx: Context): Promise<NetworkChange[]> {
    requireMayName(point, ctx);
    const there = await store.find("attachments", port.id);
    if (port.status !== "down" && !(port.status === "active" && there?.host === address))
      ctx.fail("WRONG_STATUS", { status: port.status });
    const network = await carriedNetwork(store, handles, kind, port, ctx);
    const generation = there ? port.generation : port.generation + 1;
    const { segment, attachment } = await wishOf(store, network, port, { generation, point });
    return [
      { change: "ensureSegment", ...segment },
      { change: "attach", ...attachment },
    ];
  }

  async function detaching(port: PortRow, ctx: Context): Promise<NetworkChange[]> {
    const place = await store.find("attachments", port.id);
    if (!place) return [];
    if (port.status !== "active" && port.status !== "error") ctx.fail("WRONG_STATUS", { status: port.status });
    const network = segmentKeyOf(await store.get("networks", port.networkId));
    const others = await store
      .selectFrom("attachments")
      .select("pointKey")
      .where("host", "=", address)
      .where("networkId", "=", port.networkId)
      .where("portId", "!=", port.id)
      .execute();
    const last = !others.some(({ pointKey }) => pointKey === pointKeyOf(port.id, place.point));
    const detach: NetworkChange = { change: "detach", ...detachSpecOf(place, network, last) };
    return others.length > 0 ? [detach] : [detach, { change: "removeSegment", ...network }];
  }

  return { plan };
}
