import type { DriverLog } from "@reeve/driver-sdk";
import { DriverError } from "@reeve/driver-sdk";
import type { NetworkChange, NetworkInventory } from "@reeve/driver-sdk/network";
import type { DeviceClock } from "../clock.ts";
import { composeStanzas, linesOf, type Stanza } from "../deciding/commands.ts";
import { decide } from "../deciding/decide.ts";
import { applyEdit, type Edit } from "../deciding/edit.ts";
import { isNameless, markOn } from "../deciding/ownership.ts";
import { supposedFor } from "../deciding/supposed.ts";
import type { Rules, Wish } from "../deciding/wish.ts";
import { type Configured, configure } from "../lane/configure.ts";
import { Lane } from "../lane/lane.ts";
import type { Ground } from "../lane/wave.ts";
import type { NxApi } from "../nxapi/nx-api.ts";
import type { CiscoNetOptions } from "../options.ts";
import { copyOf, type SwitchState } from "../reading/switch-state.ts";
import { idsOf, rangesOf } from "../reading/vlan-set.ts";
import { Incarnation } from "./incarnation.ts";
import { inventoryOf } from "./inventory.ts";
import { type Limits, readLimits } from "./limits.ts";
import { PortMemory } from "./port-memory.ts";
import { readSwitch, runShows } from "./read-switch.ts";
import { Saves } from "./saves.ts";
import { Unsettled } from "./unsettled.ts";

export interface DeviceParts {
  readonly api: NxApi;
  readonly clock: DeviceClock;
  readonly log: DriverLog;
  readonly options: CiscoNetOptions;
}

/**
 * One switch in one session: the lane that leads to it, and the little that is remembered of it. Races: an operator's edit between
 * look and command is seen by the look after; a restart between them makes the look after find another incarnation.
 */
export class Device implements Ground {
  readonly saves: Saves;
  readonly lane: Lane;
  readonly #parts: DeviceParts;
  readonly #ports = new PortMemory();
  readonly #incarnation: Incarnation;
  readonly #unsettled: Unsettled;
  /** VLANs that this session began to make and has not seen named yet, with the network's mark. */
  readonly #begun = new Map<number, string>();
  readonly #interfaces: ReadonlySet<string>;
  readonly #wanted: ReadonlySet<number>;
  #limits: Limits;
  #usable: ReadonlySet<number>;
  #restarted = false;
  #limitsAreOld = false;
  #answeredAt: number;

  private constructor(parts: DeviceParts, limits: Limits) {
    const { api, clock, log, options } = parts;
    this.#parts = parts;
    this.#limits = limits;
    this.#incarnation = new Incarnation(clock, options.readyAfter);
    this.#unsettled = new Unsettled(clock);
    this.#interfaces = new Set(options.interfaces);
    this.#wanted = idsOf(options.vlans);
    this.#usable = less(this.#wanted, limits.reserved);
    this.#answeredAt = clock.now();
    this.saves = new Saves({ api, clock, log, afterMs: options.saveAfter === false ? undefined : options.saveAfter });
    this.lane = new Lane(this, clock);
  }

  /**
   * Looks at the switch for the first time.
   *
   * @throws DriverError `UNAVAILABLE` when it cannot be reached or is starting, `UNAUTHENTICATED` when it refuses the login
   */
  static async open(parts: DeviceParts, signal: AbortSignal): Promise<Device> {
    const limits = await readLimits(parts.api, { timeoutMs: parts.options.requestTimeout, signal });
    const device = new Device(parts, limits);
    const state = await device.lane.read(signal);
    const ours = [...state.vlans.values()].some((vlan) => markOn(vlan) !== undefined);
    // Nobody knows whether an earlier session's changes were saved, unless the switch tells.
    if (ours && limits.unsaved !== false) device.saves.changed();
    return device;
  }

  async list(signal: AbortSignal): Promise<NetworkInventory> {
    const state = await this.lane.read(signal);
    return { incarnation: this.#incarnation.name, ...inventoryOf(state, this.#rules(), this.#begun) };
  }

  ranges() {
    return { usable: rangesOf(this.#usable), reserved: rangesOf(this.#limits.reserved) };
  }

  async stats(signal: AbortSignal) {
    const state = await this.lane.read(signal);
    const { attachments } = inventoryOf(state, this.#rules(), this.#begun);
    return {
      vlans: { ...this.ranges(), max: this.#limits.vlansMax, used: state.vlans.size },
      mtuMax: this.#parts.options.mtuMax,
      attachments: attachments.length,
      unsavedChanges: this.saves.unsaved,
      saturation: this.lane.busy,
    };
  }

  /** What a call would send, as it is decided now. */
  async plan(wish: NetworkChange, signal: AbortSignal): Promise<string[]> {
    const state = supposedFor(await this.lane.read(signal), wish, this.#rules());
    const edits = this.decide(state, wish);
    return linesOf(
      composeStanzas(
        state,
        edits.map((edit) => ({ edit, wish: 0 })),
      ),
    );
  }

  /**
   * One command at most, and none where a call has heard from the switch just now.
   *
   * @throws DriverError `UNAVAILABLE`: not retryable when the switch has restarted, for what was there has to be asked for again
   */
  async check(signal: AbortSignal): Promise<void> {
    const { api, clock, options } = this.#parts;
    if (clock.now() - this.#answeredAt > 5_000) {
      const timeoutMs = options.requestTimeout;
      const [version] = await runShows(api, [{ method: "cli", cmd: "show version" }], { timeoutMs, signal });
      if (this.#incarnation.observeVersion(version!.body)) this.#forget();
    }
    if (this.#restarted)
      throw new DriverError(
        "UNAVAILABLE",
        `${api.name}: it has restarted; what it is to carry has to be asked for again`,
        {
          retryable: false,
        },
      );
  }

  async close(): Promise<void> {
    this.lane.close();
    this.saves.close();
    await this.#parts.api.close();
  }

  async read(): Promise<SwitchState> {
    const { api, clock, options } = this.#parts;
    const reading = await readSwitch(api, { timeoutMs: options.requestTimeout, signal: this.lane.cut() });
    if (this.#incarnation.observe(reading.uptimeSeconds)) this.#forget();
    // Kept until it is known: another block may be reserved since the restart.
    if (this.#limitsAreOld) {
      this.#limits = await readLimits(api, { timeoutMs: options.requestTimeout });
      this.#usable = less(this.#wanted, this.#limits.reserved);
      this.#limitsAreOld = false;
    }
    this.#answeredAt = clock.now();
    for (const id of [...this.#begun.keys()]) {
      const vlan = reading.state.vlans.get(id);
      if (vlan ? !isNameless(vlan) : !this.#unsettled.has(id)) this.#begun.delete(id);
    }
    return reading.state;
  }

  decide(state: SwitchState, wish: Wish): Edit[] {
    try {
      return this.#decide(state, wish);
    } catch (error) {
      throw error instanceof DriverError ? atSwitch(error, this.#parts.api.name) : error;
    }
  }

  async configure(stanzas: readonly Stanza[], edits: readonly Edit[]): Promise<Configured> {
    const { api, options } = this.#parts;
    for (const edit of edits)
      if (edit.kind === "vlan.make") this.#begun.set(edit.vlanId, edit.name.slice("rv-".length));
    try {
      return await configure(api, stanzas, { timeoutMs: options.requestTimeout, signal: this.lane.cut() });
    } finally {
      this.saves.changed();
    }
  }

  fulfilled(wish: Wish, edits: readonly Edit[]): void {
    if (wish.change === "attach")
      this.#ports.attached(
        wish,
        edits.some(({ kind }) => kind === "trunk.add" || kind === "port.access"),
      );
    if (wish.change === "detach") this.#ports.detached(wish);
  }

  unsettled(edits: readonly Edit[]): void {
    for (const edit of edits) {
      if (edit.kind === "vlan.make" || edit.kind === "port.access" || edit.kind === "trunk.add")
        this.#unsettled.note(edit.vlanId);
    }
  }

  #decide(state: SwitchState, wish: Wish): Edit[] {
    const rules = this.#rules();
    const edits: Edit[] = [];
    if (wish.change === "attach") {
      this.#ports.requireCurrent(wish, wish);
      const old = this.#ports.replaced(wish);
      if (old) edits.push(...decide(state, { ...old, change: "detach" }, rules));
      const between = copyOf(state);
      for (const edit of edits) applyEdit(between, edit);
      return [...edits, ...decide(between, wish, rules)];
    }
    if (wish.change === "detach") this.#ports.requireCurrent(wish);
    edits.push(...decide(state, wish, rules));
    this.#requireSettled(state, wish);
    return edits;
  }

  #requireSettled({ vlans }: SwitchState, wish: Wish): void {
    if (wish.change === "removeSegment" && wish.segment.kind === "vlan")
      this.#unsettled.requireSettled(wish.segment.vlanId);
    if (wish.change !== "discard" || wish.kind !== "segment") return;
    for (const vlan of vlans.values()) if (markOn(vlan) === wish.mark) this.#unsettled.requireSettled(vlan.id);
  }

  #rules(): Rules {
    const { physicalNetwork, mtuMax } = this.#parts.options;
    const begun = new Set(this.#begun.keys());
    return { physicalNetwork, mtuMax, begun, interfaces: this.#interfaces, usable: this.#usable };
  }

  /** What the switch had been given in its earlier life is not remembered in this one. */
  #forget(): void {
    this.#restarted = true;
    this.#limitsAreOld = true;
    this.#begun.clear();
    this.#unsettled.clear();
    this.#ports.forgetPlaces();
    this.saves.restarted();
    this.#parts.log.warn({ incarnation: this.#incarnation.name }, "the switch has restarted");
  }
}

function less(ids: ReadonlySet<number>, without: ReadonlySet<number>): Set<number> {
  return new Set([...ids].filter((id) => !without.has(id)));
}

/** Where it is as well as what, for people with several switches. */
function atSwitch(error: DriverError, name: string): DriverError {
  const { code, retryable, data } = error;
  return new DriverError(code, `${name}: ${error.message}`, {
    retryable,
    data: { ...data, where: name },
    cause: error,
  });
}
