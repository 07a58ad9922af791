import { DriverError } from "@reeve/driver-sdk";
import type { AttachmentSpec, DetachSpec, PortKey } from "@reeve/driver-sdk/network";

/** What a port is, as far as a switch does not keep it. */
interface Known {
  readonly spec: AttachmentSpec;
  readonly identity: string;
  readonly place: string;
}

/**
 * What a switch does not keep of its ports: which are attached, with what generation, as what. It lasts as long as the session, and
 * holds no more than what is attached.
 */
export class PortMemory {
  readonly #ports = new Map<string, Known>();
  /** Places that carry a network because of a port of this session, so that all that use them are known. */
  readonly #ownPlaces = new Set<string>();

  /**
   * @throws DriverError `ABORTED` when the port is attached with a higher generation, `ALREADY_EXISTS` when it is, with this one, as
   * something else
   */
  requireCurrent(key: PortKey, attached?: AttachmentSpec): void {
    const known = this.#ports.get(key.portId);
    if (!known || known.spec.generation < key.generation) return;
    const { generation } = known.spec;
    if (generation > key.generation)
      throw new DriverError(
        "ABORTED",
        `port ${key.portId}: it is attached with generation ${generation}, got ${key.generation}`,
        {
          retryable: false,
        },
      );
    if (attached && identityOf(attached) !== known.identity)
      throw new DriverError(
        "ALREADY_EXISTS",
        `port ${key.portId}: generation ${generation} is attached as something else`,
      );
  }

  /** Where the port is that this attachment replaces, and whether it stops carrying the network with it; undefined when it stays. */
  replaced(spec: AttachmentSpec): DetachSpec | undefined {
    const known = this.#ports.get(spec.portId);
    if (!known || known.place === placeOf(spec)) return undefined;
    const others = [...this.#ports.values()].some((one) => one !== known && one.place === known.place);
    // Where the place carried the network before this session's ports came, ports may be there that nobody here knows.
    return { ...known.spec, last: !others && this.#ownPlaces.has(known.place) };
  }

  /** @param changed whether the place did not carry the network before */
  attached(spec: AttachmentSpec, changed: boolean): void {
    const place = placeOf(spec);
    if (changed) this.#ownPlaces.add(place);
    this.#ports.set(spec.portId, { spec, identity: identityOf(spec), place });
  }

  detached(spec: DetachSpec): void {
    if (spec.last) this.#ownPlaces.delete(placeOf(spec));
    this.#ports.delete(spec.portId);
  }

  /** The switch has restarted: what its places carry is not this session's any more. */
  forgetPlaces(): void {
    this.#ownPlaces.clear();
  }
}

function placeOf({ point, segment, networkId }: AttachmentSpec | DetachSpec): string {
  return JSON.stringify([point, segment, networkId]);
}

function identityOf(spec: AttachmentSpec): string {
  return `${placeOf(spec)} ${spec.mac}`;
}
