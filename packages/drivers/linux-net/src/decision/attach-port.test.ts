import { expect, test } from "vitest";
import { textOf } from "../command/command.ts";
import { HostView } from "../host/host-view.ts";
import { LinuxNetOptions } from "../options.ts";
import { attachPort } from "./attach-port.ts";

test("a tap is for the user that the options name", () => {
  const options = LinuxNetOptions.parse({ physicalNetworks: { dc1: {} }, tapUser: "libvirt-qemu" });
  const nothing = new HostView([], new Map(), new Map(), options.group);
  const port = {
    portId: "p",
    generation: 1,
    networkId: "n",
    segment: { kind: "flat" },
    physicalNetwork: "dc1",
    mtu: 1500,
    mac: "fa:16:3e:00:00:01",
    addresses: [],
    gateways: [],
    point: { kind: "tap" },
  } as const;
  const [made] = attachPort({ options, filtering: true }, nothing, undefined, port, "foreseen").map(textOf);
  expect(made).toMatch(/^ip tuntap add dev rvt\w+ mode tap user libvirt-qemu$/);
});
