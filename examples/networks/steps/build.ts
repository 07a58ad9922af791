import { check } from "@reeve/example-telling";
import { managers } from "../house.ts";
import type { Step } from "../step.ts";

const cidr = "10.20.0.0/24";

export const build: Step = {
  name: "build",
  title: "Build a flat network and two VLANs, with the same addresses in both",
  async run(house, tell) {
    const { network, made } = house;
    // Whichever manager of the strategy makes them: their rows are everybody's.
    const build = async (name: string, at: string, ports: readonly string[]) => {
      const created = await network.at(at).createNetwork({ name });
      const networkId = created.id;
      made.set(name, created);
      await network.createSubnet({ networkId, cidr });
      await network.createSubnet({ networkId, cidr: "fd20::/64", addressMode: "eui64", gateway: null });
      // One after the other: the first of a network has its first address.
      for (const port of ports) await house.port(name, port);
    };
    await Promise.all([
      build("office", managers.lan, ["desk", "printer"]),
      build("blue", managers.rack, ["blue-1", "blue-2", "blue-rack-a", "blue-rack-b"]),
      build("green", managers.a, ["green-1", "green-rack-a"]),
    ]);
    tell.table(
      ["network", "kind", "VLAN", "ports"],
      await Promise.all(
        ["office", "blue", "green"].map(async (name) => {
          const { kind, vlanId } = await network.getNetwork({ id: house.the(name).id });
          const { ports } = await network.usage({ networkId: house.the(name).id });
          return [name, kind, String(vlanId ?? "untagged"), String(ports)];
        }),
      ),
    );
    check(house.ip("blue-1") === house.ip("green-1"), "blue and green do not use the same addresses");
  },
};
