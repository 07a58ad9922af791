import { type Configuration, defaultReservation, type Port, reservedBlock, type Vlan } from "./configuration.ts";
import { ascending, formatVlanList } from "./vlan-list.ts";

/** A line of a VLAN list holds at most so many characters; the rest follows in lines of its own. */
const lineLength = 80;

/** What a port is without configuration decides which of its lines are shown. */
type Layer = Port["layer"];

/** A whole configuration, as `show running-config` has it below its head. */
export function configurationText(configuration: Configuration, portsAre: Layer): string {
  return [
    `hostname ${configuration.hostname}`,
    `vdc ${configuration.hostname} id 1`,
    "  limit-resource vlan minimum 16 maximum 4094",
    "",
    ...[...configuration.features].sort().map((feature) => `feature ${feature}`),
    "",
    ...systemLines(configuration),
    ...vlanLines(configuration.vlansById()),
    ...configuration.portsByName().flatMap((port) => ["", ...portLines(port, portsAre)]),
    "",
  ].join("\n");
}

function systemLines(configuration: Configuration): string[] {
  const lines: string[] = [];
  if (configuration.longVlanNames) lines.push("system vlan long-name");
  if (configuration.reservation !== defaultReservation) lines.push(`system vlan ${configuration.reservation} reserve`);
  return lines;
}

/** The VLANs: all ids in one list, then a block for each that says more than its id. */
export function vlanLines(vlans: readonly Vlan[]): string[] {
  const ids = wrapped(formatVlanList(vlans.map(({ id }) => id))).map((part) => `vlan ${part}`);
  return [...ids, ...vlans.flatMap(vlanBlock)];
}

function vlanBlock(vlan: Vlan): string[] {
  const lines: string[] = [];
  if (vlan.shutdown) lines.push("  shutdown");
  if (vlan.name !== undefined && vlan.id !== 1) lines.push(`  name ${vlan.name}`);
  if (vlan.suspended) lines.push("  state suspend");
  return lines.length > 0 ? [`vlan ${vlan.id}`, ...lines] : [];
}

/** An interface's block; what equals the switch's defaults is left out. */
export function portLines(port: Port, portsAre: Layer): string[] {
  const lines = [`interface ${port.name}`];
  if (port.description !== undefined) lines.push(`  description ${port.description}`);
  if (port.layer === "routed" && (portsAre === "switched" || port.name.startsWith("port")))
    lines.push("  no switchport");
  if (port.layer === "switched") {
    if (portsAre === "routed") lines.push("  switchport");
    if (port.mode === "trunk") lines.push("  switchport mode trunk");
    if (port.accessVlan !== 1) lines.push(`  switchport access vlan ${port.accessVlan}`);
    if (port.nativeVlan !== 1) lines.push(`  switchport trunk native vlan ${port.nativeVlan}`);
    lines.push(...allowedLines(port.allowed));
  }
  if (port.mtu !== 1500) lines.push(`  mtu ${port.mtu}`);
  if (port.channel) {
    const { number, mode } = port.channel;
    lines.push(`  channel-group ${number}${mode === "on" ? "" : ` mode ${mode}`}`);
  }
  if (port.shutdown) lines.push("  shutdown");
  return lines;
}

/** None for all; a list that is too long for a line goes on in lines that add. */
function allowedLines(allowed: Port["allowed"]): string[] {
  if (allowed === "all") return [];
  if (allowed.size === 0) return ["  switchport trunk allowed vlan none"];
  return wrapped(formatVlanList(ascending(allowed))).map(
    (part, index) => `  switchport trunk allowed vlan ${index === 0 ? "" : "add "}${part}`,
  );
}

function wrapped(list: string): string[] {
  const lines: string[] = [];
  for (const range of list.split(",")) {
    const open = lines.at(-1);
    if (open !== undefined && open.length + 1 + range.length <= lineLength)
      lines[lines.length - 1] = `${open},${range}`;
    else lines.push(range);
  }
  return lines;
}

/** `3968-4095`, as `show system vlan reserved` has it. */
export function reservationText(first: number): string {
  return `${first}-${first + reservedBlock - 1}`;
}
