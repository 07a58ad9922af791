import { check } from "@reeve/example-telling";
import { managers } from "../house.ts";
import type { Step } from "../step.ts";

const cidr = "10.20.0.0/24";

export const build: Step = {
  name: "build",
  title: "Build a flat network and two VLANs, with the same addresses in both",
  async run(house, tell) {
    const { network, made } = house;
    const office = await network.at(managers.lan).createNetwork({ name: "office" });
    made.set("office", office);
    // Whichever manager of the strategy makes them: their rows are everybody's.
    for (const [name, at] of [
      ["blue", managers.rack],
      ["green", managers.a],
    ] as const)
      made.set(name, await network.at(at).createNetwork({ name }));
    for (const name of ["office", "blue", "green"]) {
      const networkId = house.the(name).id;
      await network.createSubnet({ networkId, cidr });
      await network.createSubnet({ networkId, cidr: "fd20::/64", addressMode: "eui64", gateway: null });
    }
    for (const [where, names] of Object.entries({
      office: ["desk", "printer"],
      blue: ["blue-1", "blue-2", "blue-rack-a", "blue-rack-b"],
      green: ["green-1", "green-rack-a"],
    }))
      for (const name of names) await house.port(where, name);
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
