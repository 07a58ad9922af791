/** What a switch's running configuration says of our VLANs, and everything else that it says. */
export interface SwitchConfig {
  /** Names of our VLANs, by id. */
  readonly vlans: Readonly<Record<number, string>>;
  /** Which of our VLANs each interface carries: `Ethernet1/1 tagged 100`. */
  readonly members: readonly string[];
  /** All else, a fact a line; of lists, each id. */
  readonly foreign: readonly string[];
}

/**
 * @param isOurs whether a VLAN id is one that networks may have
 * @param handed interfaces of which nothing but those VLANs counts: the driver configures them
 */
export function readConfig(text: string, isOurs: (id: number) => boolean, handed: readonly string[]): SwitchConfig {
  const vlans: Record<number, string> = {};
  const foreign: string[] = [];
  const members: string[] = [];
  for (const [head, lines] of sectionsOf(text)) {
    const table = /^vlan ([\d,-]+)$/.exec(head)?.[1];
    if (table !== undefined) {
      const ids = idsOf(table);
      for (const id of ids.filter(isOurs)) vlans[id] ??= "";
      foreign.push(...ids.filter((id) => !isOurs(id)).map((id) => `vlan ${id}`));
      const [id] = ids as [number];
      if (ids.length === 1 && isOurs(id)) {
        const named = lines.find((line) => line.startsWith("name "));
        const others = lines.filter((line) => line !== named);
        vlans[id] = [named?.slice("name ".length), ...others].filter(Boolean).join("; ") || vlans[id]!;
      } else foreign.push(...lines.map((line) => `${head}: ${line}`));
      continue;
    }
    const name = /^interface (\S+)$/.exec(head)?.[1];
    const carried: string[] = [];
    const others: string[] = [];
    const isTrunk = lines.includes("switchport mode trunk");
    for (const line of lines) {
      const list = /^switchport trunk allowed vlan (?:add )?(none|[\d,-]+)$/.exec(line)?.[1];
      const access = Number(/^switchport access vlan (\d+)$/.exec(line)?.[1]);
      if (list !== undefined) {
        const ids = list === "none" ? [] : idsOf(list);
        carried.push(...ids.filter(isOurs).map((id) => `${name} ${isTrunk ? "tagged" : "listed"} ${id}`));
        others.push(...ids.filter((id) => !isOurs(id)).map((id) => `lists ${id}`));
      } else if (isOurs(access)) carried.push(`${name} ${isTrunk ? "waiting" : "untagged"} ${access}`);
      else others.push(line);
    }
    members.push(...carried);
    if (name === undefined || !handed.includes(name))
      foreign.push(...[head, ...others.map((one) => `${head}: ${one}`)]);
  }
  return { vlans, members: members.sort(), foreign: foreign.sort() };
}

/** Each head with the lines below it. */
function sectionsOf(text: string): [head: string, lines: string[]][] {
  const sections: [string, string[]][] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(" ")) sections.at(-1)?.[1].push(line.trim());
    else if (line.trim() !== "") sections.push([line.trim(), []]);
  }
  return sections;
}

function idsOf(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number) as [number, number?];
    return Array.from({ length: last! - first + 1 }, (_, index) => first + index);
  });
}
