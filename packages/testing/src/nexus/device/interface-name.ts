import { Refusal } from "./refusal.ts";

const invalidInterface = "Invalid interface format at '^' marker.";
const kinds = ["ethernet", "port-channel"] as const;

/**
 * The interfaces that a user means by `e1/1`, `Ethernet 1/1-4`, `po10` or a list of such, as the switch names them.
 *
 * @throws Refusal when it names no Ethernet port and no port channel
 */
export function parseInterfaces(text: string): string[] {
  return text.split(",").flatMap((part) => parseRange(part.trim()));
}

function parseRange(text: string): string[] {
  const match = /^([a-z-]+) *(\d+(?:\/\d+){0,2})(?:-(\d+))?$/i.exec(text);
  const typed = match?.[1]?.toLowerCase() ?? "";
  const kind = kinds.find((name) => name.startsWith(typed));
  const number = match?.[2] ?? "";
  if (!match || !kind || number.includes("/") === (kind === "port-channel")) throw new Refusal(invalidInterface);
  const prefix = `${kind === "ethernet" ? "Ethernet" : kind}${number.slice(0, number.lastIndexOf("/") + 1)}`;
  const first = Number(number.slice(number.lastIndexOf("/") + 1));
  const last = Number(match[3] ?? first);
  if (last < first || last > 4096) throw new Refusal(invalidInterface);
  return Array.from({ length: last - first + 1 }, (_, index) => `${prefix}${first + index}`);
}

const byNumber = new Intl.Collator("en", { numeric: true });

/** How the switch sorts: port channels, then Ethernet ports, by number. */
export function compareInterfaces(one: string, other: string): number {
  const channels = Number(isPortChannel(other)) - Number(isPortChannel(one));
  return channels || byNumber.compare(one, other);
}

export function isPortChannel(name: string): boolean {
  return name.startsWith("port-channel");
}

/** `Eth1/7` and `Po20`, as tables for people have them. */
export function shortName(name: string): string {
  return name.replace("Ethernet", "Eth").replace("port-channel", "Po");
}
