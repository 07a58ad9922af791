import type { Driver } from "@reeve/driver-sdk";
import type { NetworkDriverPort, NetworkInventory } from "@reeve/driver-sdk/network";
import type { PatchPanel } from "@reeve/testing";

/** A panel as a switch would tell of it: nothing of a port but that an interface carries its network, once for each network. */
export function unmarked(panel: PatchPanel): PatchPanel {
  const { driver } = panel;
  const without: Driver<NetworkDriverPort> = Object.freeze({
    ...driver,
    setup: async (context: Parameters<typeof driver.setup>[0]) => {
      const session = await driver.setup(context);
      const list: (typeof session.methods)[string] = async (input, call) =>
        stripped((await session.methods.list!(input, call)) as NetworkInventory, panel);
      return { ...session, methods: { ...session.methods, list } };
    },
  });
  return new Proxy(panel, {
    get: (target, name) => (name === "driver" ? without : Reflect.get(target, name)),
  });
}

function stripped(inventory: NetworkInventory, panel: PatchPanel): NetworkInventory {
  const attachments = Object.entries(panel.state().sockets).flatMap(([socket, members]) =>
    Object.entries(members).map(([line, { tagging }]) => {
      const [physicalNetwork = "", vlanId] = line.split("/");
      return {
        physicalNetwork,
        segment: { kind: "vlan", vlanId: Number(vlanId) } as const,
        point: { kind: "switchport", interface: socket.split(" ")[1]!, tagging } as const,
        differs: [],
      };
    }),
  );
  return { ...inventory, attachments, leftovers: inventory.leftovers.filter(({ kind }) => kind === "segment") };
}
