import { isDriverFailure } from "@reeve/driver-sdk/internal";
import type { VlanRanges } from "@reeve/driver-sdk/network";
import { type Range, within, without } from "../addresses/range.ts";
import type { NetworkHandles } from "../handles.ts";
import type { CreateContext } from "../segmentation.ts";

/** Which VLAN ids of a physical network its networks can have. */
export interface OfferedVlans {
  /** What the configuration and the device allow, reserved or not. */
  readonly usable: readonly Range[];
  /** What either of them reserves. */
  readonly reserved: readonly Range[];
  /** What is usable and not reserved. */
  readonly offered: readonly Range[];
}

/** How long a device may take to tell what it reserves, before the configuration must do. */
const rangesTimeout = "5s";
const anything: VlanRanges = { usable: [[1, 4094]], reserved: [] };

/**
 * What the configuration offers, less what the manager's own device reserves. While that cannot be asked the configuration alone
 * decides: a network is a row, and its device may be another one. Throws the declared `UNSUPPORTED` where the device has no VLANs.
 */
export async function offeredVlans(
  { config, driver }: NetworkHandles,
  physicalNetwork: string,
  ctx: CreateContext,
): Promise<OfferedVlans> {
  const { vlans, healthy } = driver;
  const device = vlans && healthy ? await ranges(vlans) : anything;
  // A host whose kernel filters no VLANs: that is another matter than all of them being taken.
  if (device.usable.length === 0) ctx.fail("UNSUPPORTED", { ability: "vlans" });
  const configured = config.current.physicalNetworks[physicalNetwork]!;
  const usable = within(read(configured.vlans), read(device.usable));
  const reserved = [...read(configured.reserved), ...read(device.reserved)];
  return { usable, reserved, offered: without(usable, reserved) };

  async function ranges(ability: NonNullable<typeof vlans>): Promise<VlanRanges> {
    try {
      return await ability.ranges({ signal: ctx.signal, timeout: rangesTimeout });
    } catch (err) {
      if (ctx.signal.aborted || !isDriverFailure(err)) throw err;
      ctx.log.warn(
        { physicalNetwork, err },
        "the device does not tell which VLANs it reserves; the configuration decides",
      );
      return anything;
    }
  }
}

function read(ranges: VlanRanges["usable"]): readonly Range[] {
  return ranges.map(([first, last]) => ({ first: BigInt(first), last: BigInt(last) }));
}
