import { Authentication } from "./api/authentication.ts";
import { splitCommands } from "./api/execution.ts";
import { NxApiServer } from "./api/nxapi-server.ts";
import { RequestHandler } from "./api/request-handler.ts";
import { NexusAudit } from "./audit.ts";
import { type LoopbackCertificate, loopbackCertificate } from "./certificate.ts";
import { Device, type NexusPhase } from "./device/device.ts";
import { parseInterfaces } from "./device/interface-name.ts";
import { Refusal } from "./device/refusal.ts";
import { type NexusFault, NexusFaults } from "./faults/nexus-faults.ts";
import { Shell } from "./grammar/shell.ts";
import { type CompiledNexusOptions, compileOptions, type NexusSimulatorOptions } from "./options.ts";

/** A simulated Cisco Nexus switch behind a real HTTPS port on loopback that speaks NX-API. */
export interface NexusSimulator extends AsyncDisposable {
  /** `https://127.0.0.1:…`, without the path `/ins`; it stays the same over reloads. */
  readonly url: string;
  /** The certificate that the switch presents, in PEM, for its clients to trust. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  readonly phase: NexusPhase;
  /** How many clients are connected. */
  readonly connections: number;
  /** Whether a reload would lose changes. */
  readonly unsaved: boolean;
  /** Every command that was executed. */
  readonly audit: NexusAudit;
  /** What goes wrong. */
  readonly faults: NexusFaults;
  /**
   * The operator's own client: commands in lines or with ` ; ` between them, in a shell of their own that starts in configuration
   * mode or with any command. Returns what the last one said, as text.
   *
   * @throws Refusal with the switch's words; what was before it is done
   */
  cli(commands: string): Promise<string>;
  /**
   * The operator at work beside a client: before a command of NX-API, by chance, one of these lines is given as with {@link cli}; what
   * the switch refuses of it is left. Ends with `stop` or `faults.heal()`.
   *
   * @throws RangeError when there are none, or the probability is not from 0 to 1
   */
  operate(lines: readonly string[], probability: number): NexusFault;
  /** Dumps the running configuration, without the head that tells the time. */
  runningConfig(): string;
  startupConfig(): string;
  /** Takes a cable out: the port is down, whatever its configuration. */
  unplug(interfaces: string): void;
  plug(interfaces: string): void;
  /** Down, up, ready, with the delays `boot` and `settle`; what was not saved is lost. Resolves when it is ready. */
  reload(): Promise<void>;
  /** Loses its power: connections are reset, its port refuses, until {@link boot}. */
  halt(): Promise<void>;
  /** Answers again, but is not ready: it has neither its VLANs nor its interfaces (or these without their configuration), and refuses to be configured. */
  boot(): Promise<void>;
  /** Is ready, with its startup configuration. */
  settle(): void;
  close(): Promise<void>;
}

/**
 * Starts a simulated switch; it stops with `close`, or with its block by `await using`.
 *
 * @throws RangeError that names an option with a bad value; `Refusal` when a command of `configuration` is refused, naming it
 *
 * @example
 * ```ts
 * await using nexus = await nexusSimulator({ interfaces: ["Ethernet1/1-4"], configuration: "vlan 7 ; name voice" });
 * await nexus.cli("no vlan 7");
 * console.log(nexus.url, nexus.runningConfig(), nexus.audit.commands({ who: "operator" }));
 * ```
 */
export async function nexusSimulator(options: NexusSimulatorOptions = {}): Promise<NexusSimulator> {
  const simulator = new LoopbackNexus(compileOptions(options), await loopbackCertificate());
  await simulator.start();
  return simulator;
}

class LoopbackNexus implements NexusSimulator {
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  readonly audit = new NexusAudit();
  readonly faults: NexusFaults;
  readonly #configuration: string;
  readonly #device: Device;
  readonly #authentication: Authentication;
  readonly #server: NxApiServer;
  #reloading: Promise<void> | undefined;
  #closed = false;

  constructor(options: CompiledNexusOptions, certificate: LoopbackCertificate) {
    this.ca = certificate.certificate;
    this.username = options.username;
    this.password = options.password;
    this.#configuration = options.configuration;
    this.#device = new Device(options);
    this.faults = new NexusFaults(options.seed, options.print);
    this.#authentication = new Authentication(this.#device, this.audit, options);
    const handler = new RequestHandler({
      device: this.#device,
      audit: this.audit,
      faults: this.faults,
      authentication: this.#authentication,
      username: options.username,
      reload: () => void this.reload(),
    });
    this.#server = new NxApiServer(certificate, (request, body) => handler.handle(request, body));
  }

  get url(): string {
    return this.#server.url;
  }

  get phase(): NexusPhase {
    return this.#device.phase;
  }

  get connections(): number {
    return this.#server.connections;
  }

  get unsaved(): boolean {
    return this.#device.unsaved;
  }

  async start(): Promise<void> {
    if (this.#configuration.trim() !== "") await this.#execute(this.#configuration, "startup");
    this.#device.startup = this.#device.running.clone();
    await this.#server.open();
  }

  cli(commands: string): Promise<string> {
    return this.#execute(commands, "operator");
  }

  operate(lines: readonly string[], probability: number): NexusFault {
    if (lines.length === 0) throw new RangeError("lines: expected one or more, got none");
    const act = () =>
      this.cli(this.faults.chooseOf(lines)).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
      });
    return this.faults.before(/./, act, { probability });
  }

  runningConfig(): string {
    return this.#device.text(this.#device.running);
  }

  startupConfig(): string {
    return this.#device.text(this.#device.startup);
  }

  unplug(interfaces: string): void {
    for (const name of parseInterfaces(interfaces)) this.#device.unplugged.add(name);
  }

  plug(interfaces: string): void {
    for (const name of parseInterfaces(interfaces)) this.#device.unplugged.delete(name);
  }

  reload(): Promise<void> {
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #reload(): Promise<void> {
    const device = this.#device;
    const down = this.halt("Reset Requested by CLI command reload");
    const { boot } = device;
    await down;
    await device.pass(device.delays.boot);
    // Somebody may have closed it, or taken its power again.
    if (this.#closed || device.boot !== boot) return;
    await this.boot();
    await device.pass(device.delays.settle);
    if (device.boot === boot && device.phase === "starting") this.settle();
  }

  async halt(reason = "Unknown"): Promise<void> {
    this.#device.powerOff(reason);
    this.#authentication.forget();
    await this.#server.close();
  }

  async boot(): Promise<void> {
    if (this.phase !== "off") return;
    this.#device.powerOn();
    await this.#server.open();
  }

  settle(): void {
    if (this.phase === "starting") this.#device.getReady();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.faults.heal();
    await this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #execute(commands: string, who: "operator" | "startup"): Promise<string> {
    const shell = new Shell({
      device: this.#device,
      audit: this.audit,
      who,
      request: 0,
      onReload: () => void this.reload(),
    });
    let text = "";
    for (const line of commands.split("\n").flatMap(splitCommands)) {
      try {
        text = (await shell.execute(line)).text;
      } catch (error) {
        if (who !== "startup" || !(error instanceof Refusal)) throw error;
        throw new Refusal(`configuration: ${JSON.stringify(line)}: ${error.message}`, { cause: error });
      }
    }
    return text;
  }
}
