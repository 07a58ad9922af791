import { driverFailureOf } from "@reeve/driver-sdk/internal";
import type { Discarded, SegmentKey, SegmentSpec } from "@reeve/driver-sdk/network";
import type { AttachStep } from "./contract.ts";
import type { NetworkHandles } from "./handles.ts";
import { KeyedLocks } from "./keyed-locks.ts";
import type { Wire } from "./network.ts";
import { pointKeyOf } from "./point-key.ts";
import { clearRetained, noteRetained } from "./retained.ts";
import { detachSpecOf, type Place, type Wish } from "./wish.ts";

export interface AttachOptions {
  /** Told of each step that has been taken. */
  readonly onStep?: ((step: AttachStep) => void) | undefined;
  /** Whether the device is known to carry the network. Default false. */
  readonly isCarried?: boolean;
}

/**
 * The manager's device, as its ports are wired to it. It carries a network from the first port of it that is attached until the
 * last has left; likewise a point. Who is last is counted from rows, so rows and calls go together:
 *
 * | race | what comes of it |
 * |---|---|
 * | the last leaves a network while another comes | the segment is removed alone on the network's lock, and counted there: the row of the one that comes was inserted before it asks for the lock |
 * | one leaves a point to another that never comes to the device | the other leaves it all the same: that it was left to it is remembered |
 * | two leave a point at once | one after the other on the point's lock; the row of the first is gone when the second counts |
 * | a crash between the call and the row | the row is still there: its work is recovered, and counts again |
 * | a call of other work goes on beyond its deadline | its port is held, and nothing is attached to that network until it has come to rest |
 */
export class Device {
  readonly #handles: NetworkHandles;
  readonly #locks = new KeyedLocks();
  /** Points that a port has left to others: the last of these takes them out of the network, though it never came to the device itself. */
  readonly #left = new Set<string>();

  constructor(handles: NetworkHandles) {
    this.#handles = handles;
  }

  /**
   * Makes the device carry a port, and its network before it. The port's row must name this host already.
   *
   * @throws ReeveError what the driver failed with; `BUSY` while a call about another port of the network runs on
   */
  attach(wish: Wish, signal: AbortSignal, { onStep = () => {}, isCarried = false }: AttachOptions = {}): Promise<Wire> {
    const { driver } = this.#handles;
    const { segment, attachment } = wish;
    const { portId, generation, point, mac, addresses, networkId } = attachment;
    return this.#locks.shared(networkId, signal, () =>
      this.#locks.shared(pointLock(networkId, portId, point), signal, async () => {
        await this.#requireRested(networkId, portId);
        if (!isCarried) await driver.ensureSegment(segment, { signal });
        onStep("segment");
        const wire = await driver.attach(attachment, { signal });
        onStep("wire");
        if (driver.guard) {
          await driver.guard.apply({ portId, generation, point, mac, addresses }, { signal });
          onStep("guard");
        }
        return wire;
      }),
    );
  }

  /**
   * Makes the device carry a port no longer, nor its point and its network where the port was the last, and deletes the port's
   * attachment. Nothing of it being there is success.
   *
   * @param isSent whether the device can ever have been asked to carry the port. Default true
   * @throws ReeveError what the driver failed with; then the attachment is still there, or only its network is: see {@link leave}
   */
  async detach(place: Place, key: SegmentKey, signal: AbortSignal, isSent = true): Promise<void> {
    const { driver, store, address } = this.#handles;
    const { portId, generation, point } = place;
    const { networkId } = key;
    const segment = { networkId, segment: key.segment, physicalNetwork: key.physicalNetwork };
    const lock = pointLock(networkId, portId, point);
    await this.#locks.shared(networkId, signal, () =>
      this.#locks.exclusive(lock, signal, async () => {
        const last = await this.#isLast(place, networkId);
        if (isSent || (last && this.#left.has(lock)))
          await driver.detach(detachSpecOf(place, segment, last), { signal });
        if (last) this.#left.delete(lock);
        else if (isSent) this.#left.add(lock);
        await store.transaction((tx) =>
          tx
            .deleteFrom("attachments")
            .where("portId", "=", portId)
            .where("host", "=", address)
            .where("generation", "<=", generation)
            .execute(),
        );
      }),
    );
    await this.leave(segment, signal, isSent);
  }

  /**
   * Removes what is half made of a port that is not to be here.
   *
   * @returns false where it is to be here by now
   * @throws ReeveError what the driver failed with
   */
  async discard(portId: string, mark: string, segment: SegmentKey, signal: AbortSignal): Promise<boolean> {
    const { driver, store, address } = this.#handles;
    const { networkId } = segment;
    // No generation fences this: nothing may be attached meanwhile.
    const isDiscarded = await this.#locks.exclusive(networkId, signal, async () => {
      const place = await store.find("attachments", portId);
      if (place?.host === address) return false;
      await driver.discard({ kind: "port", mark }, { signal });
      return true;
    });
    if (isDiscarded) await this.leave(segment, signal);
    return isDiscarded;
  }

  /**
   * Removes what `list` told of and nobody accounts for. What is known by its place only may have become a port's meanwhile.
   *
   * @returns false where it is accounted for by now
   * @throws ReeveError what the driver failed with
   */
  async removeUnaccounted(discarded: Discarded, signal: AbortSignal): Promise<boolean> {
    const { driver, store } = this.#handles;
    const discard = async () => {
      await driver.discard(discarded, { signal });
      return true;
    };
    if (discarded.mark !== undefined) return discard();
    const { physicalNetwork, segment, point } = discarded;
    const vlanId = segment.kind === "vlan" ? segment.vlanId : 0;
    const networkId = (await store.find("segments", { physicalNetwork, vlanId }))?.networkId;
    if (networkId === undefined) return discard();
    return this.#locks.exclusive(networkId, signal, async () =>
      (await this.#isTaken(networkId, pointKeyOf("", point))) ? false : discard(),
    );
  }

  /** Makes the device carry a network, without a port. @throws ReeveError what the driver failed with */
  carry(segment: SegmentSpec, signal: AbortSignal): Promise<void> {
    const { driver } = this.#handles;
    return this.#locks.shared(segment.networkId, signal, () => driver.ensureSegment(segment, { signal }));
  }

  /**
   * Makes the device carry a network no longer, unless ports of it are attached here. Where the device says that it will not, that
   * is logged and noted: it carries nothing of anybody's, and is asked again when what it has is compared with what it should have.
   *
   * @param insists whether it is thrown that the driver has not answered, as the call may still be on its way. Default: logged as well
   * @throws ReeveError that the driver has not answered
   */
  async leave(segment: SegmentKey, signal: AbortSignal, insists = false): Promise<void> {
    const { driver, log } = this.#handles;
    const { networkId } = segment;
    // Most leave others behind: those wait for nobody.
    if (await this.#isUsed(networkId)) return;
    await this.#locks.exclusive(networkId, signal, async () => {
      if (await this.#isUsed(networkId)) return;
      try {
        await driver.removeSegment(segment, { signal });
        await clearRetained(this.#handles, networkId);
      } catch (err) {
        const failure = driverFailureOf(err);
        if (signal.aborted || !failure) throw err;
        await noteRetained(this.#handles, segment);
        // What the driver has answered does nothing more; only a call that it has not may still remove what is made next.
        const isOver = failure.error.reason === "DRIVER_FAILED";
        if (insists && failure.passing && !isOver) throw err;
        log.warn({ networkId, err }, "the device still carries a network of which nothing is attached");
      }
    });
  }

  /** An attachment of the same port that is newer than this one counts as another's. */
  async #isLast({ portId, point, generation }: Place, networkId: string): Promise<boolean> {
    const { store, address } = this.#handles;
    const other = await store
      .selectFrom("attachments")
      .select("portId")
      .where("host", "=", address)
      .where("networkId", "=", networkId)
      .where("pointKey", "=", pointKeyOf(portId, point))
      .where((row) => row.or([row("portId", "!=", portId), row("generation", ">", generation)]))
      .limit(1)
      .executeTakeFirst();
    return other === undefined;
  }

  /** Whether an attachment of this host is at a point. */
  async #isTaken(networkId: string, pointKey: string): Promise<boolean> {
    const { store, address } = this.#handles;
    const taken = store.selectFrom("attachments").select("portId").where("host", "=", address);
    const there = taken.where("networkId", "=", networkId).where("pointKey", "=", pointKey).limit(1);
    return (await there.executeTakeFirst()) !== undefined;
  }

  async #isUsed(networkId: string): Promise<boolean> {
    const { store, address } = this.#handles;
    const used = await store
      .selectFrom("attachments")
      .select("portId")
      .where("host", "=", address)
      .where("networkId", "=", networkId)
      .limit(1)
      .executeTakeFirst();
    return used !== undefined;
  }

  /** What a call about another port still does could take away what is attached now. @throws ReeveError `BUSY` */
  async #requireRested(networkId: string, portId: string): Promise<void> {
    const { store, work } = this.#handles;
    const others = await store
      .selectFrom("ports")
      .select("id")
      .where("networkId", "=", networkId)
      .where("status", "in", ["attaching", "detaching"])
      .where("id", "!=", portId)
      .execute();
    if (others.length === 0) return;
    await store.transaction(async (tx) => {
      for (const { id } of others) await work.requireReleased(tx, id);
    });
  }
}

function pointLock(networkId: string, portId: string, point: Place["point"]): string {
  return `${networkId}/${pointKeyOf(portId, point)}`;
}
