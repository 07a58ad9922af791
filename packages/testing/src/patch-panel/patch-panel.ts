import type { Driver } from "@reeve/driver-sdk";
import type { NetworkDriverPort } from "@reeve/driver-sdk/network";
import type { CommandSelector, Fate, Trap } from "./command-traps.ts";
import { observed } from "./observed-driver.ts";
import { configurationOf, Panel } from "./panel.ts";
import { changed, type PanelCommand } from "./panel-command.ts";
import { panelDriver } from "./panel-driver.ts";
import type { PanelLimits } from "./panel-limits.ts";
import { inFile, inMemory } from "./panel-memory.ts";
import { type PatchPanelOptions, requireOptions } from "./panel-options.ts";
import type { PanelConfiguration, PanelState } from "./panel-state.ts";

/** A network device that is only a picture of one, and its driver. */
export interface PatchPanel {
  /** Any number of managers may be given it. */
  readonly driver: Driver<NetworkDriverPort>;
  /** What was done to it, oldest first, by whichever process: commands as operators read them. */
  readonly log: readonly string[];
  /** How many commands this process has sent, those that read too. */
  readonly sent: number;
  /** All that there is on it, one fact a line, sorted. */
  dump(): readonly string[];
  state(): PanelState;
  /** Makes a command of this process wait until it is released. */
  hold(selector: CommandSelector): Trap;
  /** Makes a command of this process fail; `done`: although the panel does it. */
  fail(selector: CommandSelector, options?: { readonly done?: boolean }): Trap;
  /** Does a command and never answers it. */
  hang(selector: CommandSelector): Trap;
  /** Never answers a command, and does it when released, even if nobody waits any longer: what a driver cannot help. */
  late(selector: CommandSelector): Trap;
  /** Acts just before a command is done, for instance `() => process.kill(process.pid, "SIGKILL")`. */
  before(selector: CommandSelector, act: (command: string) => Promise<void> | void): Trap;
  /** Changes something behind the driver's back, as an operator would. */
  edit(...commands: readonly PanelCommand[]): void;
  /** Starts it anew: what was not saved is gone, and its incarnation is another. */
  restart(): void;
  /** Whether it answers. */
  reach(reachable: boolean): void;
  /** Told of the state after each change of this process; returns what ends that. */
  watch(watcher: (now: PanelState) => void): () => void;
  /** Lets go of its file. */
  close(): void;
}

/** The number that the driver's own things are made with. */
export const ownGroup = 7;

/**
 * A patch panel: a network device in memory, or in a file, with a driver that keeps all promises of `networkDriver`. Between
 * two commands what is half made really is there; foreign things, faults and restarts are at the test's hand.
 *
 * @throws RangeError that names an option and its value
 * @example
 * ```ts
 * const panel = patchPanel();
 * supervisor.spawn(vlanNetworkManager, { driver: panel.driver });
 * const held = panel.hold(/^socket join/);
 * // … attach a port
 * await held.reached; // it has its plug, and carries nothing yet
 * held.release();
 * ```
 */
export function patchPanel(options: PatchPanelOptions = {}): PatchPanel {
  requireOptions(options);
  const limits = limitsOf(options);
  const initial = initialState(options);
  const memory = options.file === undefined ? inMemory(initial) : inFile(options.file, initial);
  const panel = new Panel(memory);
  const trap = (selector: CommandSelector, fate: Fate) => panel.traps.set(selector, fate);
  return {
    driver: observed(panelDriver({ panel, limits }), options.without ?? [], options.onCall),
    get log() {
      return memory.log();
    },
    get sent() {
      return panel.sent;
    },
    dump: () => factsOf(memory.read()),
    state: () => memory.read(),
    hold: (selector) => trap(selector, { kind: "hold" }),
    fail: (selector, { done = false } = {}) => trap(selector, { kind: done ? "lose" : "refuse" }),
    hang: (selector) => trap(selector, { kind: "hang" }),
    late: (selector) => trap(selector, { kind: "late" }),
    before: (selector, act) => trap(selector, { kind: "act", act }),
    edit: (...commands) => panel.edit((now) => commands.reduce(changed, now)),
    restart: () => panel.restart(),
    reach: (reachable) => panel.reach(reachable),
    watch(watcher) {
      panel.watchers.add(watcher);
      return () => void panel.watchers.delete(watcher);
    },
    close: () => memory.close(),
  };
}

function limitsOf(options: PatchPanelOptions): PanelLimits {
  const {
    physicalNetworks = ["dc1"],
    reserved = [[1, 1]],
    usable = [[2, 4094]],
    maxVlans = 4094,
    mtuMax = 9216,
    points = ["netns", "tap", "switchport"],
    without = [],
  } = options;
  const vlans = !without.includes("vlans");
  return { group: ownGroup, physicalNetworks, reserved, usable, maxVlans, mtuMax, vlans, points };
}

function initialState({
  interfaces = Array.from({ length: 16 }, (_, n) => `port${n + 1}`),
}: PatchPanelOptions): PanelState {
  const sockets = Object.fromEntries(interfaces.map((name) => [`switchport ${name}`, {}]));
  const empty: PanelConfiguration = { lines: {}, plugs: {}, sockets, namespaces: {} };
  return { ...empty, boot: 1, startup: configurationOf(empty), reachable: true };
}

function factsOf({ lines, plugs, sockets, namespaces }: PanelState): string[] {
  const facts = Object.entries({ line: lines, plug: plugs, namespace: namespaces }).flatMap(([kind, table]) =>
    Object.entries(table).map(([name, entry]) => `${kind} ${name}: ${JSON.stringify(entry)}`),
  );
  for (const [socket, members] of Object.entries(sockets)) {
    if (socket.startsWith("switchport ")) facts.push(socket);
    for (const [line, member] of Object.entries(members))
      facts.push(`${socket} carries ${line}: ${JSON.stringify(member)}`);
  }
  return facts.sort();
}
