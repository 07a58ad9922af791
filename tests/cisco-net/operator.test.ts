import { seededRandom } from "@reeve/testing";
import { expect, test } from "vitest";
import { at, port, SwitchUnderTest } from "./switch-under-test.ts";

const seed = Number(process.env.REEVE_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));
const ourVlan = (vlanId: number) => vlanId >= 100 && vlanId < 200;

/** The running configuration without what is ours: our VLANs, and our ids in the lists of the interfaces. */
function foreignPart(config: string): string[] {
  const ids = (list: string) =>
    list.split(",").flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number) as [number, number?];
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  let head = "";
  return config.split("\n").flatMap((line) => {
    if (!line.startsWith(" ")) head = line;
    const table = /^vlan ([\d,-]+)$/.exec(line)?.[1];
    const block = /^vlan (\d+)$/.exec(head)?.[1];
    if (table)
      return ids(table)
        .filter((id) => !ourVlan(id))
        .map((id) => `vlan ${id}`);
    if (block && ourVlan(Number(block))) return [];
    const list = /^ {2}switchport trunk allowed vlan (?:add )?([\d,-]+|none)$/.exec(line)?.[1];
    if (!list) return [`${head}: ${line}`];
    return list === "none"
      ? []
      : ids(list)
          .filter((id) => !ourVlan(id))
          .map((id) => `${head} lists ${id}`);
  });
}

test("an operator's VLANs and trunk members survive whatever the driver does meanwhile, bit by bit", async () => {
  console.log(`cisco-net: operator: seed ${seed}; REEVE_FAULT_SEED=${seed} repeats the run`);
  const random = seededRandom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  await using under = await SwitchUnderTest.open({
    nexus: {
      configuration: [
        "vlan 2000-2040",
        "vlan 2001 ; name voice",
        "interface e1/1-4 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan 2000-2005,2017",
        "interface e1/9 ; switchport ; switchport mode trunk",
        "interface e1/10 ; switchport ; switchport access vlan 2001 ; description phone",
      ].join("\n"),
    },
  });
  const { nexus } = under;
  /** The same edits on a switch that nobody else touches: what is foreign has to come out alike. */
  await using twin = await SwitchUnderTest.open({
    nexus: { configuration: nexus.startupConfig().replace(/^ *(vdc|limit-resource|hostname).*$/gm, "") },
  });
  expect(foreignPart(twin.nexus.runningConfig())).toEqual(foreignPart(nexus.runningConfig()));

  const edit = async () => {
    const vlan = 2000 + pick(60);
    const command = [
      `vlan ${vlan}`,
      `no vlan ${2002 + pick(40)}`,
      `interface e1/${1 + pick(4)} ; switchport trunk allowed vlan add ${vlan}`,
      `interface e1/${1 + pick(4)} ; switchport trunk allowed vlan remove ${vlan}`,
      `interface e1/${11 + pick(4)} ; description edit-${pick(1000)}`,
    ][pick(5)]!;
    await nexus.cli(command);
    await twin.nexus.cli(command);
  };
  // Before commands of the driver's, wherever chance has it.
  nexus.faults.before(/./, async () => void (random() < 0.1 && (await edit())), { times: Number.MAX_SAFE_INTEGER });

  const work = async (n: number) => {
    const network = `net-${n}`;
    const ports = [1, 2, 3, 4].map((number) => port(`p-${n}-${number}`, network, 100 + n, at(number)));
    await under.ensure(network, 100 + n);
    await Promise.all(ports.map((one) => under.attach(one)));
    if (n % 2 === 0) return;
    await Promise.all(ports.map((one) => under.detach(one)));
    await under.remove(network, 100 + n);
  };
  for (let round = 0; round < 5; round++) await Promise.all([0, 1, 2, 3, 4, 5].map((n) => work(round * 6 + n)));

  expect(foreignPart(nexus.runningConfig())).toEqual(foreignPart(twin.nexus.runningConfig()));
  expect((await under.list()).attachments).toHaveLength(15 * 4);
  const sent = nexus.audit.commands({ who: "api" });
  // What must never be sent.
  const forbidden =
    /^(no switchport trunk allowed|switchport trunk allowed vlan (?!add |remove )|write|reload|rollback|default |no interface|no feature)/;
  expect(sent.filter((command) => forbidden.test(command))).toEqual([]);
  const touched = sent
    .filter((command) => /^(no )?vlan |allowed vlan/.test(command))
    .flatMap((one) => one.match(/\d+/g) ?? []);
  expect(touched.filter((id) => !ourVlan(Number(id)))).toEqual([]);
});
