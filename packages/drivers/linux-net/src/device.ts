import { DriverError } from "@reeve/driver-sdk";
import { CommandSender } from "./command/command-sender.ts";
import type { Wiring } from "./decision/wiring.ts";
import { HostReader } from "./host/host-reader.ts";
import type { HostView } from "./host/host-view.ts";
import type { Machine } from "./host/machine.ts";
import { Lane, Lanes } from "./lanes.ts";
import type { LinuxNetOptions } from "./options.ts";
import { requireTools } from "./requirements.ts";

/** The host, set up: what changes it takes turns here. Nothing of what the host has is kept. */
export class Device implements Wiring {
  readonly options: LinuxNetOptions;
  readonly filtering: boolean;
  readonly machine: Machine;
  readonly reader: HostReader;
  readonly sender: CommandSender;
  /** Attachments share it; what changes segments has it alone. */
  readonly segments = new Lane();
  readonly #ids = new Lanes();

  constructor(options: LinuxNetOptions, machine: Machine, filtering: boolean) {
    this.options = options;
    this.machine = machine;
    this.filtering = filtering;
    this.reader = new HostReader(machine, options.group, filtering);
    this.sender = new CommandSender(machine);
  }

  /** @throws DriverError when iproute2, its version or the right to administer networks is missing */
  static async open(options: LinuxNetOptions, machine: Machine, signal: AbortSignal): Promise<Device> {
    const { filtering } = await requireTools(machine, signal);
    return new Device(options, machine, filtering);
  }

  /** Calls for one port, or that mark of one, run one after the other. */
  ofPort<T>(mark: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#ids.hold(`port ${mark}`, signal, work);
  }

  ofSegment<T>(mark: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#ids.hold(`segment ${mark}`, signal, work);
  }

  /** Reads the host, and tells what calls were at work on meanwhile: that is half made and no leftover. */
  async readBeside(
    signal: AbortSignal,
  ): Promise<{ view: HostView; isBusy(kind: "port" | "segment", mark: string): boolean }> {
    const { result: view, keys } = await this.#ids.during(() =>
      this.reader.host(signal, ({ hasMembers }) => hasMembers),
    );
    return { view, isBusy: (kind, mark) => keys.has(`${kind} ${mark}`) };
  }

  /** How busy the way to the host is, 0 to 1: at 1 as many callers wait as the managers let in at most. */
  get saturation(): number {
    return Math.min(1, this.sender.size / 256);
  }
}

/** What callers get whose signal aborted. */
export function cancelled(signal: AbortSignal, applied: readonly string[]): DriverError {
  const why = signal.reason instanceof Error ? signal.reason.message : "it was cancelled";
  return new DriverError("CANCELLED", why, { data: { applied }, cause: signal.reason });
}
