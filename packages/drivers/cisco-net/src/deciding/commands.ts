import { bareInterface, type InterfaceConfig } from "../reading/interface-config.ts";
import { copyOf, type SwitchState } from "../reading/switch-state.ts";
import { vlanLists } from "../reading/vlan-set.ts";
import { applyEdit, type Edit } from "./edit.ts";
import { isNameless } from "./ownership.ts";

/** An edit, and the number of the wish that it is for. */
export interface WishedEdit {
  readonly edit: Edit;
  readonly wish: number;
}

/** A line as an operator would type it, and the wishes that need it. */
export interface ConfigLine {
  readonly command: string;
  readonly wishes: readonly number[];
}

/** Lines below one head, which opens an interface or a VLAN. */
export interface Stanza {
  readonly head: ConfigLine;
  readonly lines: readonly ConfigLine[];
}

/**
 * Ends each stanza. Some platforms make a VLAN only when its mode is left; and where a refused head is answered as a success, the
 * lines below it would else be taken for the stanza before.
 */
const leave: ConfigLine = { command: "exit", wishes: [] };

type PortEdit = Exclude<Edit, { kind: `vlan.${string}` }>;

/**
 * The commands of some edits, in an order of which every beginning is safe: ports leave VLANs, VLANs go, VLANs come, ports enter
 * them. Edits of one port stay in order.
 *
 * @param before the switch as the edits were decided on
 */
export function composeStanzas(before: SwitchState, edits: readonly WishedEdit[]): Stanza[] {
  const state = copyOf(before);
  const leaving = edits.filter(({ edit }) => edit.kind === "trunk.remove" || edit.kind === "port.park");
  const entering = edits.filter(
    ({ edit }) => edit.kind === "trunk.add" || edit.kind === "port.trunk" || edit.kind === "port.access",
  );
  return [
    ...portStanzas(state, leaving),
    ...edits.flatMap((wished) => goingVlan(wished)),
    ...edits.flatMap((wished) => comingVlan(state, wished)),
    ...portStanzas(state, entering),
  ];
}

/** The same as plain lines, for people. */
export function linesOf(stanzas: readonly Stanza[]): string[] {
  return stanzas.flatMap(({ head, lines }) => [head.command, ...lines.map(({ command }) => command)]);
}

function goingVlan({ edit, wish }: WishedEdit): Stanza[] {
  const line = (command: string): ConfigLine => ({ command, wishes: [wish] });
  if (edit.kind === "vlan.remove") return [{ head: line(`no vlan ${edit.vlanId}`), lines: [] }];
  if (edit.kind === "vlan.release") return [{ head: line(`vlan ${edit.vlanId}`), lines: [line("no name"), leave] }];
  return [];
}

function comingVlan({ vlans }: SwitchState, { edit, wish }: WishedEdit): Stanza[] {
  if (edit.kind !== "vlan.make") return [];
  const line = (command: string): ConfigLine => ({ command, wishes: [wish] });
  const found = vlans.get(edit.vlanId);
  const lines = [
    ...(!found || isNameless(found) ? [line(`name ${edit.name}`)] : []),
    ...(found && !found.active ? [line("state active"), line("no shutdown")] : []),
    leave,
  ];
  return [{ head: line(`vlan ${edit.vlanId}`), lines }];
}

function portStanzas(state: SwitchState, edits: readonly WishedEdit[]): Stanza[] {
  const byPort = new Map<string, WishedEdit[]>();
  for (const wished of edits) {
    const name = (wished.edit as PortEdit).interface;
    byPort.set(name, [...(byPort.get(name) ?? []), wished]);
  }
  return [...byPort].map(([name, ours]) => portStanza(state, name, ours));
}

function portStanza(state: SwitchState, name: string, edits: readonly WishedEdit[]): Stanza {
  const lines: ConfigLine[] = [];
  const lists = { add: new Map<number, number[]>(), remove: new Map<number, number[]>() };
  for (const { edit, wish } of edits) {
    if (edit.kind === "trunk.add" || edit.kind === "trunk.remove") {
      const list = edit.kind === "trunk.add" ? lists.add : lists.remove;
      list.set(edit.vlanId, [...(list.get(edit.vlanId) ?? []), wish]);
    } else {
      const port = state.interfaces.get(name) ?? bareInterface(name);
      lines.push(...modeCommands(port, edit as PortEdit).map((command) => ({ command, wishes: [wish] })));
    }
    applyEdit(state, edit);
  }
  return {
    head: { command: `interface ${name}`, wishes: edits.map(({ wish }) => wish) },
    lines: [...listLines("remove", lists.remove), ...lines, ...listLines("add", lists.add), leave],
  };
}

function listLines(verb: "add" | "remove", wishesByVlan: ReadonlyMap<number, readonly number[]>): ConfigLine[] {
  const ids = [...wishesByVlan.keys()].sort((a, b) => a - b);
  let taken = 0;
  return vlanLists(ids).map((list) => {
    const last = Number(/\d+$/.exec(list)![0]);
    const through = ids.indexOf(last) + 1;
    const wishes = ids.slice(taken, through).flatMap((id) => wishesByVlan.get(id)!);
    taken = through;
    return { command: `switchport trunk allowed vlan ${verb} ${list}`, wishes };
  });
}

/** The list is emptied before the mode is trunk, which would let all VLANs through; and only where the port is no trunk yet. */
function modeCommands(port: InterfaceConfig, edit: PortEdit): string[] {
  const emptied = port.allowed === "all" ? ["switchport trunk allowed vlan none"] : [];
  if (edit.kind === "port.park") return [...emptied, "switchport mode trunk", "no switchport access vlan"];
  const modes =
    edit.kind === "port.access"
      ? [`switchport access vlan ${edit.vlanId}`, "switchport mode access"]
      : ["switchport mode trunk"];
  if (port.mode === "trunk") return modes;
  // Up, and not routed any more, it would be an access port of VLAN 1.
  if (port.layer !== "switched") return ["shutdown", "switchport", ...emptied, ...modes, "no shutdown"];
  return [...emptied, ...modes, ...(port.shutdown ? ["no shutdown"] : [])];
}
