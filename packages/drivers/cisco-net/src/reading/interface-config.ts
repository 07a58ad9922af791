import { lastVlan, parseVlans } from "./vlan-set.ts";

/** An interface as the running configuration wants it, whatever its cable does. */
export interface InterfaceConfig {
  readonly name: string;
  /** `default`: nothing says. The platform decides: Nexus 9000 routes, Nexus 5000 and 6000 switch. */
  readonly layer: "switched" | "routed" | "default";
  /** `other`: one that this driver does not know, such as `dot1q-tunnel`. */
  readonly mode: "access" | "trunk" | "other";
  readonly accessVlan: number;
  readonly nativeVlan: number;
  /** What a trunk lets through. Where no line says, that is all. */
  readonly allowed: "all" | ReadonlySet<number>;
  readonly shutdown: boolean;
  /** The port-channel that it is a member of: it has that one's configuration, and takes none of its own. */
  readonly channelGroup: number | undefined;
  /** Lines that this driver does not write, in order. */
  readonly otherLines: readonly string[];
}

export type InterfaceTable = ReadonlyMap<string, InterfaceConfig>;

/** Reads the text of `show running-config interface`; headers, banners and other sections are passed over. */
export function readInterfaceTable(text: string): InterfaceTable {
  const table = new Map<string, InterfaceConfig>();
  for (const [name, lines] of sections(text)) table.set(name, readInterface(name, lines));
  return table;
}

/** What a switch knows of an interface that its running configuration says nothing of. */
export function bareInterface(name: string): InterfaceConfig {
  return readInterface(name, []);
}

function sections(text: string): [name: string, lines: string[]][] {
  const found: [string, string[]][] = [];
  let open: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    const head = /^interface\s+(\S+)\s*$/.exec(line);
    if (head) {
      open = [];
      found.push([head[1]!, open]);
    } else if (/^\s+\S/.test(line)) open?.push(line.trim());
    // Terminals wrap a long list in the middle; what follows stands at the margin.
    else if (open && /^[\d,-]+$/.test(line.trim())) open.push(line.trim());
    else if (line.trim() !== "") open = undefined;
  }
  return found;
}

function readInterface(name: string, lines: readonly string[]): InterfaceConfig {
  let layer: InterfaceConfig["layer"] = "default";
  let mode: InterfaceConfig["mode"] = "access";
  let accessVlan = 1;
  let nativeVlan = 1;
  let list: string | undefined;
  let shutdown = false;
  let channelGroup: number | undefined;
  let wrapping = false;
  const otherLines: string[] = [];
  for (const line of lines) {
    const words = line.split(/\s+/);
    if (wrapping && /^[\d,-]+$/.test(line)) {
      list = `${list},${line}`;
      continue;
    }
    wrapping = false;
    const rest = (prefix: string) =>
      line.startsWith(`${prefix} `) ? words.slice(prefix.split(" ").length) : undefined;
    const allowed = rest("switchport trunk allowed vlan");
    if (line === "switchport") layer = "switched";
    else if (line === "no switchport") layer = "routed";
    else if (line === "shutdown" || line === "no shutdown") shutdown = line === "shutdown";
    else if (rest("channel-group")) channelGroup = Number(words[1]);
    else if (rest("switchport mode")) {
      mode = words[2] === "trunk" || words[2] === "access" ? words[2] : "other";
      if (mode === "other") otherLines.push(line);
    } else if (rest("switchport access vlan")) accessVlan = Number(words[3]);
    else if (rest("switchport trunk native vlan")) nativeVlan = Number(words[4]);
    else if (allowed) {
      const [first = "", second] = allowed;
      list = first === "add" && list !== undefined ? `${list},${second}` : (second ?? first);
      wrapping = true;
    } else otherLines.push(line);
    if (line.startsWith("switchport ") && layer === "default") layer = "switched";
  }
  return {
    name,
    layer,
    mode,
    accessVlan,
    nativeVlan,
    allowed: allowedOf(list, otherLines),
    shutdown,
    channelGroup,
    otherLines,
  };
}

function allowedOf(list: string | undefined, otherLines: string[]): InterfaceConfig["allowed"] {
  if (list === undefined || list === "all") return "all";
  // Where a list was wrapped after a comma, two stand at the seam.
  const ids = parseVlans(list.replace(/,+/g, ",").replace(/^none,|^,|,$/g, ""));
  if (ids) return ids.size >= lastVlan ? "all" : ids;
  otherLines.push(`switchport trunk allowed vlan ${list}`);
  return "all";
}
