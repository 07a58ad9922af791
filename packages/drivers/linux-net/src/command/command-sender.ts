import type { Machine } from "../host/machine.ts";
import { type Command, lineOf, textOf } from "./command.ts";
import { CommandFailure, Interrupted, refusal } from "./command-failure.ts";
import { type Outcome, SharedRuns } from "./shared-runs.ts";

/** Callers whose commands one program is given at most; a tap takes four lines. */
const mostTogether = 64;
/** Namespaces that commands are sent to at once. */
const mostNamespaces = 8;

type Lines = readonly Extract<Command, { args: readonly string[] }>[];

/**
 * Sends commands to the host, in order. Those of one caller stop at the first that is refused; what many callers want at the same
 * time goes through one program.
 */
export class CommandSender {
  readonly #machine: Machine;
  readonly #ip: SharedRuns<Lines, void>;
  readonly #bridge: SharedRuns<Lines, void>;
  #namespaces = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#ip = new SharedRuns((items, signal) => this.#together("ip", items, signal), mostTogether);
    this.#bridge = new SharedRuns((items, signal) => this.#together("bridge", items, signal), mostTogether);
  }

  /** Callers whose commands wait or run. */
  get size(): number {
    return this.#ip.size + this.#bridge.size + this.#namespaces + this.#waiting.length;
  }

  /**
   * @param onDone told the text of each command that is known to have taken effect
   * @throws CommandFailure, Interrupted, or DriverError of the machine
   */
  async send(commands: readonly Command[], signal: AbortSignal, onDone: (text: string) => void): Promise<void> {
    for (const group of grouped(commands)) {
      if (signal.aborted) throw new Interrupted("it was cancelled between two commands");
      try {
        await this.#sendGroup(group, signal);
      } catch (error) {
        if (error instanceof CommandFailure) for (const command of group.slice(0, error.done)) onDone(textOf(command));
        throw error;
      }
      for (const command of group) onDone(textOf(command));
    }
  }

  async #sendGroup(group: readonly Command[], signal: AbortSignal): Promise<void> {
    const [first] = group;
    if (!first) return;
    if (first.program === "sysctl") return this.#set(first.link);
    const lines = group as Lines;
    if (first.namespace !== undefined) return this.#inNamespace(first.namespace, lines, signal);
    return (first.program === "ip" ? this.#ip : this.#bridge).ask(lines, signal);
  }

  async #set(link: string): Promise<void> {
    const path = `/proc/sys/net/ipv6/conf/${link}/disable_ipv6`;
    await this.#machine.write(path, "1").catch((error: NodeJS.ErrnoException) => {
      // A kernel without IPv6 has no such file, and neither has a link that went away: the next command on it says so.
      if (error.code !== "ENOENT") throw new CommandFailure(0, `write 1 to ${path}`, `${error.code ?? error.message}`);
    });
  }

  async #inNamespace(namespace: string, lines: Lines, signal: AbortSignal): Promise<void> {
    if (this.#namespaces >= mostNamespaces) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#namespaces += 1;
    try {
      const [outcome] = await this.#outcomes("ip", ["-n", namespace], [lines], signal);
      if (typeof outcome === "object" && "error" in outcome) throw outcome.error;
    } finally {
      this.#namespaces -= 1;
      this.#waiting.shift()?.();
    }
  }

  #together(program: "ip" | "bridge", items: readonly Lines[], signal: AbortSignal): Promise<readonly Outcome<void>[]> {
    return this.#outcomes(program, [], items, signal);
  }

  async #outcomes(
    program: string,
    options: readonly string[],
    items: readonly Lines[],
    signal: AbortSignal,
  ): Promise<readonly Outcome<void>[]> {
    if (signal.aborted) return items.map(() => ({ error: new Interrupted("it was cancelled before its commands") }));
    const lines = items.flat();
    const input = lines.map(({ args }) => `${lineOf(args)}\n`).join("");
    const ended = await this.#machine.run(program, [...options, "-batch", "-"], { input, signal });
    if (ended.status === 0) return items.map(() => ({ answer: undefined }));
    const { line, words } = refusal(ended);
    if (ended.status === undefined || line === undefined || line > lines.length) {
      const how = ended.status === undefined ? "was killed" : `ended with ${ended.status}: ${words}`;
      return items.map((item) => ({ error: new Interrupted(`${program} ${how}, before or after: ${shown(item)}`) }));
    }
    let first = 1;
    return items.map((item): Outcome<void> => {
      const done = line - first;
      first += item.length;
      if (done >= item.length) return { answer: undefined };
      // The batch ended before them.
      if (done < 0) return "again";
      return { error: new CommandFailure(done, textOf(item[done]!), words) };
    });
  }
}

/** Neighbours that one program takes together. */
function grouped(commands: readonly Command[]): Command[][] {
  const groups: Command[][] = [];
  for (const command of commands) {
    const last = groups.at(-1);
    const [before] = last ?? [];
    const together =
      before !== undefined &&
      command.program !== "sysctl" &&
      before.program === command.program &&
      before.namespace === command.namespace;
    if (last && together) last.push(command);
    else groups.push([command]);
  }
  return groups;
}

function shown(lines: Lines): string {
  return lines.map(textOf).join(", ");
}
