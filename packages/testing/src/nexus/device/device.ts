import type { Clock } from "@reeve/runtime";
import type { NexusDelays } from "../delays.ts";
import type { NexusPersonality } from "../personality.ts";
import { Configuration, defaultReservation, type Port, reservedBlock } from "./configuration.ts";
import { configurationText } from "./running-text.ts";
import { Turns } from "./turns.ts";

/** `off`: its port refuses. `starting`: it answers, with neither its configuration nor its interfaces. */
export type NexusPhase = "off" | "starting" | "ready";

/** A saved state that the running configuration can be rolled back to. */
export interface Checkpoint {
  readonly name: string;
  readonly by: "user" | "system";
  readonly description: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly configuration: Configuration;
}

export interface DeviceOptions {
  readonly clock: Clock;
  readonly delays: NexusDelays;
  readonly personality: NexusPersonality;
  readonly hostname: string;
  readonly interfaces: readonly string[];
  /** How long ago it was started. */
  readonly uptimeMs: number;
}

/** Nothing is answered any more: the switch lost its power or was reloaded meanwhile. */
export class PowerLost extends Error {
  override readonly name = "PowerLost";
}

const alwaysReserved = 4093;

/** The switch behind its interfaces: configurations, phase, links, time. */
export class Device {
  readonly clock: Clock;
  readonly delays: NexusDelays;
  readonly personality: NexusPersonality;
  /** One configuration command is executed at a time, whoever gives it; those that wait are gone with the power. */
  configuring = new Turns();
  readonly unplugged = new Set<string>();
  readonly checkpoints: Checkpoint[] = [];
  running: Configuration;
  startup: Configuration;
  phase: NexusPhase = "ready";
  saving = false;
  /** Counts starts: what began in an earlier one has no effect any more. */
  boot = 1;
  changedAt: number;
  savedAt: number;
  resetReason = "Unknown";
  readonly #interfaces: readonly string[];
  #reservation = defaultReservation;
  #startedAt: number;

  constructor(options: DeviceOptions) {
    this.clock = options.clock;
    this.delays = options.delays;
    this.personality = options.personality;
    this.#interfaces = options.interfaces;
    this.running = this.#factory();
    this.running.hostname = options.hostname;
    this.startup = this.running.clone();
    this.#startedAt = this.clock.now() - options.uptimeMs;
    this.changedAt = this.clock.wallNow() - options.uptimeMs;
    this.savedAt = this.changedAt;
  }

  get uptimeMs(): number {
    return this.clock.now() - this.#startedAt;
  }

  /** The first id of the block in force, which is what the switch was started with. */
  get reservation(): number {
    return this.#reservation;
  }

  isReserved(vlanId: number): boolean {
    const inBlock = vlanId >= this.#reservation && vlanId < this.#reservation + reservedBlock;
    return inBlock || vlanId >= alwaysReserved;
  }

  /** Whether its link is up: it is plugged in and not shut down. A port channel is up with any of its members. */
  isUp(port: Port): boolean {
    if (port.shutdown) return false;
    const members = this.running.members(port.name);
    return port.name.startsWith("port-channel")
      ? members.some((member) => this.isUp(member))
      : !this.unplugged.has(port.name);
  }

  text(configuration: Configuration): string {
    return configurationText(configuration, this.personality.portsAre);
  }

  get unsaved(): boolean {
    return this.phase === "ready" && this.text(this.running) !== this.text(this.startup);
  }

  /** @throws PowerLost once the switch is another start's */
  assertBoot(boot: number): void {
    if (boot !== this.boot || this.phase === "off") throw new PowerLost("the switch went down");
  }

  /** Loses what was not saved, at once; what is under way has no effect. */
  powerOff(reason: string): void {
    this.boot += 1;
    this.phase = "off";
    this.saving = false;
    this.configuring = new Turns();
    this.resetReason = reason;
    this.running = new Configuration();
  }

  /** Answers again, with nothing of its configuration. */
  powerOn(): void {
    this.#startedAt = this.clock.now();
    this.phase = "starting";
    const { portsAre, whileStarting } = this.personality;
    this.running = Configuration.factory(whileStarting === "no-interfaces" ? [] : this.#interfaces, portsAre);
    this.running.hostname = this.startup.hostname;
  }

  /** Takes its startup configuration. */
  getReady(): void {
    this.running = this.startup.clone();
    this.#reservation = this.running.reservation;
    this.changedAt = this.clock.wallNow();
    this.phase = "ready";
  }

  hasInterface(name: string): boolean {
    return this.#interfaces.includes(name);
  }

  /** Waits by the switch's clock. */
  async pass(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => this.clock.setTimeout(resolve, ms));
  }

  #factory(): Configuration {
    return Configuration.factory(this.#interfaces, this.personality.portsAre);
  }
}
