import { isReason } from "@reeve/contract";
import type { Job } from "@reeve/runtime";
import type { Device } from "./device.ts";
import { deviceFailureOf } from "./device-failure.ts";
import type { NetworkHandles } from "./handles.ts";
import { isToBeCarried } from "./held-here.ts";
import type { NetworkRecoverers } from "./jobs.ts";
import { KeyedLocks } from "./keyed-locks.ts";
import { activatePort, changePort, type OfPort } from "./port-status.ts";
import type { Wish } from "./wish.ts";

/** `skipped`: somebody else works on it, or it is not to be carried here any more. */
export type Repaired = "repaired" | "skipped" | { readonly why: string; readonly passing: boolean };

/**
 * Asks the device again for ports that it has lost or changed. That is journalled as well: nothing else is done to a port
 * meanwhile, and a call that goes on beyond its deadline holds it.
 */
export class Repairs {
  readonly #handles: NetworkHandles;
  readonly #device: Device;
  /** One that is repaired is held alone. */
  readonly #ports = new KeyedLocks();

  constructor(handles: NetworkHandles, device: Device) {
    this.#handles = handles;
    this.#device = device;
  }

  /** Resolves when no repair of that port runs: whoever asks for it next need not be told that it is busy. @throws the signal's reason */
  done(portId: string, signal: AbortSignal): Promise<void> {
    return this.#ports.shared(portId, signal, async () => {});
  }

  /**
   * @param isCarried whether the device is known to carry the network
   * @param signal ends the waiting for its turn; the repair itself is journalled work, with a signal of its own
   * @throws what is not the device's failure
   */
  repair(wish: Wish, isCarried: boolean, signal: AbortSignal): Promise<Repaired> {
    return this.#ports.exclusive(wish.attachment.portId, signal, () => this.#repair(wish, isCarried));
  }

  async #repair(wish: Wish, isCarried: boolean): Promise<Repaired> {
    const { work, address } = this.#handles;
    const job = await this.#begin(wish);
    if (!job) return "skipped";
    try {
      await work.run(job, async ({ signal }) => {
        const wire = await this.#device.attach(wish, signal, { isCarried });
        return async (tx) => {
          const port = await tx.get("ports", wish.attachment.portId);
          await activatePort(tx, wish.attachment, port.status, wire);
        };
      });
      return "repaired";
    } catch (error) {
      const failure = deviceFailureOf(error, address);
      if (failure) return failure;
      throw error;
    }
  }

  /** The device says that it never will carry it: that is for people to see to. What may pass is tried again. */
  readonly recover: NetworkRecoverers["port.repairing"] = ({ resource, payload }, { error }) => {
    const failure = deviceFailureOf(error, this.#handles.address);
    if (failure?.passing !== false) return;
    return (tx) => this.#lose(tx, { portId: resource, generation: payload.generation }, failure.why);
  };

  /** Puts a port into `error`, without touching what the device has. */
  async lose(of: OfPort, why: string): Promise<void> {
    await this.#handles.store.transaction((tx) => this.#lose(tx, of, why));
  }

  #lose(tx: Parameters<typeof changePort>[0], of: OfPort, message: string): Promise<boolean> {
    return changePort(tx, of, "active", { status: "error", fault: { reason: "LOST", message } });
  }

  async #begin({ attachment: { portId, generation, networkId } }: Wish): Promise<Job | undefined> {
    const { store, work, address } = this.#handles;
    try {
      return await store.transaction(async (tx) => {
        const port = await tx.find("ports", portId);
        const place = await tx.find("attachments", portId);
        if (!port || place?.host !== address || place.generation !== generation) return undefined;
        if (!isToBeCarried({ port, place })) return undefined;
        return work.begin(tx, "port.repairing", portId, { networkId, generation });
      });
    } catch (error) {
      if (isReason(error, "BUSY")) return undefined;
      throw error;
    }
  }
}
