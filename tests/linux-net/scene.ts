import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import type { DriverSession, TransferCall } from "@reeve/driver-sdk";
import type { AttachmentSpec, NetworkInventory, Point, SegmentSpec } from "@reeve/driver-sdk/network";
import { dump, fed, tool } from "./tool.ts";

/** A driver that is set up on a host with nothing but an uplink. */
export interface Scene {
  readonly session: DriverSession;
  /** The network of all its ports. */
  readonly network: SegmentSpec;
  /** How many programs the driver has started until now. */
  programs(): number;
}

const log = { debug() {}, info() {}, warn() {}, error() {} };
export const call: TransferCall = { signal: new AbortController().signal, log, epoch: 1, progress() {} };

export const flatNetwork: SegmentSpec = {
  networkId: "red",
  segment: { kind: "flat" },
  physicalNetwork: "dc1",
  mtu: 1450,
  name: "red",
};
export const vlanNetwork: SegmentSpec = { ...flatNetwork, segment: { kind: "vlan", vlanId: 100 } };

export function port(network: SegmentSpec, n: number, point: Point = { kind: "netns" }): AttachmentSpec {
  const { networkId, segment, physicalNetwork, mtu } = network;
  return {
    networkId,
    segment,
    physicalNetwork,
    mtu,
    portId: `port-${n}`,
    generation: 1,
    mac: `fa:16:3e:00:00:0${n}`,
    addresses: [`10.8.0.${n}/24`, `fd00:8::${n}/64`],
    gateways: ["10.8.0.254", "fd00:8::fe"],
    point,
  };
}

export const attach = ({ session }: Scene, spec: AttachmentSpec) => session.methods.attach!(spec, call);
export const detach = ({ session }: Scene, spec: AttachmentSpec) =>
  session.methods.detach!({ ...spec, last: true }, call);
export const ensure = ({ session, network }: Scene) => session.methods.ensureSegment!(network, call);
export const remove = ({ session, network }: Scene) => session.methods.removeSegment!(network, call);
export const list = async ({ session }: Scene) => (await session.methods.list!(undefined, call)) as NetworkInventory;

export async function planned({ session }: Scene, change: string, spec: object): Promise<readonly string[]> {
  const plan = await session.abilities.plan!.plan!({ change, ...spec }, call);
  return (plan as { commands: readonly string[] }).commands;
}

export const isWhole = ({ attachments, leftovers }: NetworkInventory) =>
  attachments.length === 1 && attachments[0]!.differs.length === 0 && leftovers.length === 0;

/** Whether frames come through a port of ours: it is up, and in a VLAN where the bridge tells them apart. */
export async function carries(): Promise<boolean> {
  const links = await dump();
  const port = links.find(({ ifname, flags }) => ifname?.startsWith("rvp") && flags?.includes("UP"));
  const bridge = links.find(({ ifname }) => ifname !== undefined && ifname === port?.master);
  if (bridge?.linkinfo?.info_data?.vlan_filtering !== 1) return port !== undefined;
  const vlans = JSON.parse(await tool("bridge", "-j", "vlan", "show")) as { ifname: string }[];
  return vlans.some(({ ifname }) => ifname === port?.ifname);
}

/** Whether no link of ours that is up may ever have an IPv6 address: one without has perhaps not got it yet. */
export async function isSilent(): Promise<boolean> {
  const up = (await dump()).filter(({ group, flags }) => group === "7238" && flags?.includes("UP"));
  assert.ok(up.length > 0, "nothing of ours is up");
  const settings = up.map(({ ifname }) => readFile(`/proc/sys/net/ipv6/conf/${ifname}/disable_ipv6`, "utf8"));
  return (await Promise.all(settings)).every((setting) => setting.trim() === "1");
}

/** Types planned commands, as an operator would, neighbours in one batch. */
export async function typeAll(commands: readonly string[]): Promise<void> {
  const groups: { program: string; lines: string[] }[] = [];
  for (const command of commands) {
    const [, program = "", line = ""] = /^(ip -n \S+|ip|bridge|sysctl) (.*)$/.exec(command) ?? [];
    if (program === groups.at(-1)?.program) groups.at(-1)!.lines.push(line);
    else groups.push({ program, lines: [line] });
  }
  for (const { program, lines } of groups) {
    const [file = "", ...args] = program.split(" ");
    if (file !== "sysctl") await fed(`${lines.join("\n")}\n`, file, ...args, "-batch", "-");
    for (const line of file === "sysctl" ? lines : []) {
      const [key = "", value = ""] = line.split(" ")[1]!.split("=");
      await writeFile(`/proc/sys/${key.replaceAll(".", "/")}`, value);
    }
  }
}

async function pings(namespace: string, to: string): Promise<boolean> {
  const args = ["netns", "exec", namespace, "ping", "-c", "1", "-W", "1", to];
  return tool("ip", ...args).then(
    () => true,
    () => false,
  );
}

/** Bounded: an IPv6 address is tentative for two seconds. */
export async function pingsSoon(namespace: string, to: string): Promise<void> {
  for (let tries = 0; tries < 30; tries += 1) if (await pings(namespace, to)) return;
  assert.fail(`${namespace} does not reach ${to}`);
}
