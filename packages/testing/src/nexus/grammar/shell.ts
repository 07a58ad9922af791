import type { NexusActor, NexusAudit } from "../audit.ts";
import type { Device } from "../device/device.ts";
import { invalidCommand, Refusal } from "../device/refusal.ts";
import { bodyJson } from "../shows/rows.ts";
import type { Command, CommandContext, Mode, Output } from "./command.ts";
import { interfaceCommands } from "./interface-commands.ts";
import { type Matched, matchCommand } from "./match.ts";
import { showCommands } from "./show-commands.ts";
import { switchportCommands } from "./switchport-commands.ts";
import { systemCommands } from "./system-commands.ts";
import { vlanCommands } from "./vlan-commands.ts";

const table: readonly Command[] = [
  ...vlanCommands,
  ...interfaceCommands,
  ...switchportCommands,
  ...systemCommands,
  ...showCommands,
];

/** Whose shell it is, and what it is told of. */
export interface ShellOptions {
  readonly device: Device;
  readonly audit: NexusAudit;
  readonly who: NexusActor;
  readonly request: number;
  /** Called for the command `reload`. */
  readonly onReload: () => void;
  /** Awaited before a command takes its turn. */
  readonly before?: ((command: string) => Promise<void>) | undefined;
  /** Refuses a command instead of executing it, with these words. */
  readonly refuse?: ((command: string) => string | undefined) | undefined;
}

/** One client's way through the modes: each request of NX-API and each call of the operator has its own. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #context: CommandContext;
  readonly #boot: number;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#context = { device: options.device, mode: { kind: "exec" } };
    this.#boot = options.device.boot;
  }

  /**
   * Executes one command, in its turn and after its delay.
   *
   * @throws Refusal with the switch's words; `PowerLost` when the switch goes down meanwhile
   */
  async execute(line: string): Promise<Output> {
    const [command = "", ...pipes] = line.trim().split(/ *\| */);
    await this.#options.before?.(command);
    const matched = this.#match(command);
    const run = () => this.#run(command, matched);
    const output =
      matched?.command.kind === "configure" ? await this.#options.device.configuring.take(run) : await run();
    return pipes.reduce(pipe, output);
  }

  /** What a command is there for; undefined where there is none such in the mode. */
  kindOf(line: string): Command["kind"] | undefined {
    try {
      const [command = ""] = line.trim().split(/ *\| */);
      return matchCommand(table, this.#context.mode.kind, command.replace(/ +/g, " ")).command.kind;
    } catch {
      return;
    }
  }

  #match(command: string): Matched | undefined {
    if (/^reload$/i.test(command)) return;
    try {
      return matchCommand(table, this.#context.mode.kind, command.replace(/ +/g, " "));
    } catch (refused) {
      this.#record(command, "exec", false, (refused as Error).message);
      throw refused;
    }
  }

  async #run(command: string, matched: Matched | undefined): Promise<Output> {
    const { device, onReload, refuse } = this.#options;
    const kind = matched?.command.kind ?? "exec";
    await device.pass(kind === "configure" ? device.delays.configure : kind === "show" ? device.delays.show : 0);
    device.assertBoot(this.#boot);
    const mode = modeText(this.#context.mode);
    const before = kind === "show" ? "" : device.running.fingerprint();
    try {
      const refusal = refuse?.(command);
      if (refusal !== undefined) throw new Refusal(refusal);
      if (!matched) {
        this.#record(command, "exec", false);
        onReload();
        return { text: "" };
      }
      if (kind === "configure" && device.phase !== "ready")
        throw new Refusal("ERROR: System is not ready for configuration");
      const output = await matched.command.run(this.#context, matched.words);
      const changed = kind !== "show" && device.running.fingerprint() !== before;
      if (changed) device.changedAt = device.clock.wallNow();
      this.#record(command, kind, changed, undefined, mode);
      return typeof output === "object" ? output : { text: output ?? "" };
    } catch (refused) {
      if (refused instanceof Refusal) this.#record(command, kind, false, refused.message, mode);
      throw refused;
    }
  }

  #record(
    command: string,
    kind: Command["kind"],
    changed: boolean,
    refused?: string,
    mode = modeText(this.#context.mode),
  ): void {
    const { audit, device, who, request } = this.#options;
    audit.record({ at: device.clock.wallNow(), who, request, command, mode, kind, refused, changed });
  }
}

function modeText(mode: Mode): string {
  if (mode.kind === "vlan") return `vlan ${mode.vlans.join(",")}`;
  if (mode.kind === "interface") return `interface ${mode.interfaces.join(",")}`;
  return mode.kind;
}

/** `| json` for the structured form as text, `| include words`, `| no-more`. */
function pipe(output: Output, text: string): Output {
  const [word = "", ...rest] = text.trim().split(" ");
  if (word === "json" || word === "json-pretty") {
    if (!output.body) throw new Refusal("Structured output unsupported");
    const json = bodyJson(output.body, "as-many-as-there-are");
    return { text: JSON.stringify(json, undefined, word === "json" ? undefined : 4), body: output.body };
  }
  if (word === "no-more") return output;
  if (word !== "include" || rest.length === 0) throw new Refusal(invalidCommand);
  return {
    text: output.text
      .split("\n")
      .filter((line) => line.includes(rest.join(" ")))
      .join("\n"),
  };
}
