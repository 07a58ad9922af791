import type { Discarded } from "@reeve/driver-sdk/network";
import type { Device } from "./device.ts";
import { deviceFailureOf } from "./device-failure.ts";
import type { NetworkHandles, NetworkOperations } from "./handles.ts";
import { type HeldPort, heldHere, isToBeCarried, wishesByNetwork } from "./held-here.ts";
import { KeyedLocks } from "./keyed-locks.ts";
import { Listed } from "./listed.ts";
import { Repairs } from "./repair.ts";
import { clearRetained, retainedHere } from "./retained.ts";
import { type Remembered, type Strays, segmentOfRow, straysOf } from "./strays.ts";
import type { Wish } from "./wish.ts";

export type Convergence = Awaited<ReturnType<NetworkOperations["rescan"]>>;

interface Seen extends Remembered {
  readonly listed: Listed;
  /** The ports of this host, before and after the listing; what changed in between may be listed either way. */
  readonly held: readonly HeldPort[];
  readonly settled: readonly HeldPort[];
}

interface Failed {
  readonly portId: string;
  readonly why: string;
}

/** Ports that a device is asked for at once, so that a driver can put many into one message. */
const atOnce = 256;
/** Shown of a list in the log. */
const shown = 20;

/**
 * Makes the device as it should be: compares what it has with what it should have, and asks again for what is missing or
 * different; for everything where the device has restarted. What is here and belongs elsewhere by now is detached; what nobody
 * knows is told, and never touched.
 *
 * It does not fight calls under way: a port is asked for only while its row says the same before and after the listing and as its
 * repair begins, and its repair is journalled as every other work on it is.
 */
export class Converging {
  readonly repairs: Repairs;
  readonly #handles: NetworkHandles;
  readonly #device: Device;
  readonly #turns = new KeyedLocks();
  #last: Convergence | undefined;

  constructor(handles: NetworkHandles, device: Device) {
    this.#handles = handles;
    this.#device = device;
    this.repairs = new Repairs(handles, device);
  }

  /** What came of the last time. */
  get last(): Convergence | undefined {
    return this.#last;
  }

  /** Never beside itself: who asks meanwhile waits for a turn of its own. @throws ReeveError where the device cannot be listed */
  run(signal: AbortSignal): Promise<Convergence> {
    return this.#turns.exclusive("", signal, () => this.#run(signal));
  }

  /** What `removeUnaccounted` may remove now, by name. @throws as {@link run} */
  async unaccounted(signal: AbortSignal): Promise<ReadonlyMap<string, Discarded>> {
    const seen = await this.#look(signal);
    return (await straysOf(this.#handles, seen.listed, seen.held, seen)).unaccounted;
  }

  async #run(signal: AbortSignal): Promise<Convergence> {
    const { store, address, log } = this.#handles;
    const seen = await this.#look(signal);
    const { incarnation, foreign } = seen.listed.inventory;
    const known = await store.find("devices", address);
    const restarted = known !== undefined && known.incarnation !== incarnation;
    if (restarted)
      log.warn({ incarnation, was: known.incarnation }, "the device has restarted: it is asked for everything");
    const { repaired, failed, unasked } = await this.#repairAll(seen, restarted, signal);
    const strays = await straysOf(this.#handles, seen.listed, seen.held, seen);
    const dropped = await this.#dropAll(seen, strays, signal);
    // One that has not been asked for everything, or restarts again before, is asked again.
    if (!unasked && known?.incarnation !== incarnation) await this.#note(incarnation);
    this.#last = {
      restarted,
      repaired,
      failed,
      dropped,
      unaccounted: [...strays.unaccounted.keys()],
      foreign: [...foreign, ...strays.shared],
    };
    this.#tell(this.#last);
    return this.#last;
  }

  async #look(signal: AbortSignal): Promise<Seen> {
    const { store, driver, address } = this.#handles;
    const before = await heldHere(this.#handles);
    // Before the listing: what is forgotten later may be on the device and not be listed.
    const forgotten = await store.selectFrom("forgotten").selectAll().where("host", "=", address).execute();
    const retained = await retainedHere(this.#handles);
    const listed = new Listed(await driver.list({ signal }));
    const after = await heldHere(this.#handles);
    const settled = [...after.values()].filter((one) => {
      const was = before.get(one.port.id);
      return (
        was !== undefined && isToBeCarried(was) && isToBeCarried(one) && was.port.generation === one.port.generation
      );
    });
    return { listed, held: [...before.values(), ...after.values()], settled, forgotten, retained };
  }

  async #repairAll({ listed, settled }: Seen, restarted: boolean, signal: AbortSignal) {
    const repaired: string[] = [];
    const failed: Failed[] = [];
    // What is lost is tried again each time, whatever the device says of it.
    let unasked = false;
    const lost = new Set(settled.flatMap(({ port }) => (port.status === "error" ? port.id : [])));
    const wanting: { readonly wish: Wish; readonly isCarried: boolean }[] = [];
    for (const wishes of (await wishesByNetwork(this.#handles, settled)).values()) {
      const [{ segment }] = wishes as [Wish, ...Wish[]];
      const isWhole = listed.segmentDifferencesOf(segment).length === 0;
      const isCarried = isWhole && !restarted ? true : await this.#carry(segment, signal);
      for (const wish of wishes) {
        const { portId } = wish.attachment;
        const many = listed.attachmentsOf(wish.attachment);
        if (many.length > 1 && many.every(({ mark, portId: id }) => (mark ?? id) !== undefined)) {
          const why = `the device has it ${many.length} times; detach it and remove what is left`;
          await this.repairs.lose(wish.attachment, why);
          failed.push({ portId, why });
        } else if (restarted || !isCarried || lost.has(portId) || listed.differencesOf(wish.attachment).length > 0) {
          wanting.push({ wish, isCarried });
        }
      }
    }
    const next = wanting.values();
    const repairNext = async () => {
      for (const { wish, isCarried } of next) {
        signal.throwIfAborted();
        const { portId } = wish.attachment;
        const came = await this.repairs.repair(wish, isCarried, signal);
        if (came === "repaired") repaired.push(portId);
        else if (came !== "skipped") {
          failed.push({ portId, why: came.why });
          unasked ||= came.passing;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, wanting.length) }, repairNext));
    return { repaired: repaired.sort(), failed, unasked };
  }

  /** False where the device cannot: its ports will tell why. */
  async #carry(segment: Wish["segment"], signal: AbortSignal): Promise<boolean> {
    try {
      await this.#device.carry(segment, signal);
      return true;
    } catch (error) {
      if (signal.aborted || !deviceFailureOf(error, this.#handles.address)) throw error;
      return false;
    }
  }

  async #dropAll({ listed, held, forgotten, retained }: Seen, strays: Strays, signal: AbortSignal): Promise<string[]> {
    const { store } = this.#handles;
    const dropped: string[] = [];
    const gone = new Set(forgotten);
    const here = new Set(held.map(({ port }) => port.id));
    for (const row of strays.forgotten) {
      const { point, portId } = row;
      const segment = segmentOfRow(row);
      const leave = async () => {
        // A port that has come back to another point would be detached there, or its old generation be refused.
        if (!here.has(portId)) return this.#device.detach(row, segment, signal);
        await this.#device.removeUnaccounted({ kind: "port", ...segment, point }, signal);
        await this.#device.leave(segment, signal);
      };
      if (await this.#drop(portId, leave, signal)) dropped.push(portId);
      else gone.delete(row);
    }
    for (const { portId, mark, segment, place } of strays.ports) {
      const detach = () =>
        place ? this.#device.detach(place, segment, signal) : this.#device.discard(portId, mark, segment, signal);
      if (await this.#drop(portId, detach, signal)) dropped.push(portId);
    }
    for (const segment of strays.segments) await this.#device.leave(segment, signal);
    for (const { networkId } of retained)
      if (!listed.hasSegment(networkId)) await clearRetained(this.#handles, networkId);
    if (gone.size > 0)
      await store.transaction(async (tx) => {
        for (const { key, generation } of gone)
          await tx.deleteFrom("forgotten").where("key", "=", key).where("generation", "=", generation).execute();
      });
    return [...new Set(dropped)];
  }

  /** @param detach resolves with false where the port is to be here by now */
  async #drop(portId: string, detach: () => Promise<unknown>, signal: AbortSignal): Promise<boolean> {
    try {
      return (await detach()) !== false;
    } catch (err) {
      if (signal.aborted || !deviceFailureOf(err, this.#handles.address)) throw err;
      this.#handles.log.warn(
        { portId, err },
        "a port that is elsewhere by now could not be detached; it is tried again",
      );
      return false;
    }
  }

  async #note(incarnation: string): Promise<void> {
    const { store, address } = this.#handles;
    await store.transaction(async (tx) => {
      if (await tx.find("devices", address)) await tx.update("devices", address, { incarnation });
      else await tx.insert("devices", { host: address, incarnation });
    });
  }

  #tell({ repaired, failed, dropped, unaccounted, foreign }: Convergence): void {
    for (const [kind, list] of Object.entries({ repaired, failed, dropped, unaccounted, foreign }))
      if (list.length > 0)
        this.#handles.log.warn(
          { [kind]: list.slice(0, shown), count: list.length },
          `the device was compared: ${kind}`,
        );
  }
}
