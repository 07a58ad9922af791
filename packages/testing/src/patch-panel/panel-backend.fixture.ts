import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Driver } from "@reeve/driver-sdk";
import type { CommandFault, NetworkBackend, Squatter } from "@reeve/driver-sdk/conformance";
import { type AttachmentSpec, markOf, type NetworkDriverPort } from "@reeve/driver-sdk/network";
import type { PanelCommand } from "./panel-command.ts";
import type { PatchPanelOptions } from "./panel-options.ts";
import { lineKey, socketOf } from "./panel-state.ts";
import { panelTraffic } from "./panel-traffic.fixture.ts";
import { type PatchPanel, patchPanel } from "./patch-panel.ts";

const program = fileURLToPath(new URL("killed-call.fixture.ts", import.meta.url));
const physicalNetwork = "dc1";
/** Room for the networks of every case, and to be filled. */
const maxVlans = 100;
/** Whose foreign things are. */
const group = 99;
const ownPlaces = Array.from({ length: 8 }, (_, n) => `place-${n}`);

interface BackendOptions extends Pick<PatchPanelOptions, "file" | "without"> {
  readonly changed?: (driver: Driver<NetworkDriverPort>, panel: PatchPanel) => Driver<NetworkDriverPort>;
}

/** A patch panel, with the hands of the conformance suite. */
export function panelBackend({
  file,
  changed = (driver) => driver,
  without = [],
}: BackendOptions = {}): NetworkBackend {
  const panel = patchPanel({ ...(file ? { file } : {}), maxVlans, points: ["netns", "switchport"], without });
  const isFlat = without.includes("vlans");
  const makePlaces = () =>
    panel.edit(
      ...ownPlaces
        .filter((name) => !(name in panel.state().namespaces))
        .map((name) => ({ verb: "namespace add", name, group }) as const),
    );
  makePlaces();
  return {
    driver: changed(panel.driver, panel),
    device: {
      physicalNetwork,
      kinds: isFlat ? ["flat"] : ["flat", "vlan"],
      reservedVlans: isFlat ? [] : [1],
      own: (n) => ({ kind: "netns", namespace: ownPlaces[n] ?? `nowhere-${n}` }),
      shared: () => ({ kind: "switchport", interface: "port1", tagging: "tagged" }),
      crowd: { networks: isFlat ? 1 : 10, point: () => ({ kind: "netns" }) },
      strangePoint: { kind: "tap" },
      facts: () => panel.dump(),
      roundTrips: () => panel.sent,
      mtus: (attached) => mtusOf(panel, attached),
      async restart() {
        panel.restart();
        makePlaces();
      },
      async unreachable() {
        panel.reach(false);
        return async () => panel.reach(true);
      },
      fault: (at, fault, abort) => setFault(panel, at, fault, abort),
      killed: async (at, calls) => {
        if (!file) throw new Error("killed: a panel that is kept in memory dies with its process; give it a file");
        const given = ["--conditions=reeve-source", program, file, String(at), JSON.stringify(calls)];
        const child = spawn(process.execPath, given, { stdio: "inherit" });
        const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
        if (signal === "SIGKILL") return "killed";
        if (code === 0) return "finished";
        throw new Error(`killed: the process ended with ${code ?? signal}`);
      },
      plant: (n) => panel.edit(...neighbour(n)),
      async squat(squatter) {
        const [there, gone] = squatted(squatter);
        panel.edit(there);
        return async () => panel.edit(gone);
      },
      meddlings: meddlings(panel),
      fill: isFlat
        ? "a flat network takes no room"
        : async () => {
            const there = Object.keys(panel.state().lines).length;
            const keys = Array.from({ length: maxVlans - there }, (_, n) => `${physicalNetwork}/${3500 + n}`);
            panel.edit(
              ...keys.map((key) => ({ verb: "line add", key, label: `filling ${key}`, group, mtu: 1500 }) as const),
            );
            return async () => panel.edit(...keys.map((key) => ({ verb: "line delete", key }) as const));
          },
      traffic: panelTraffic(panel, physicalNetwork),
    },
    async dispose() {
      panel.close();
      if (file) await rm(file, { force: true });
    },
  };
}

function setFault(panel: PatchPanel, at: number, fault: CommandFault, abort: () => void) {
  if (fault === "abort") return panel.before(at, abort);
  if (fault === "refused") return panel.fail(at);
  if (fault === "lost") return panel.fail(at, { done: true });
  const trap = panel.hang(at);
  void trap.reached.then(abort);
  return trap;
}

function mtusOf(panel: PatchPanel, { portId, physicalNetwork, segment }: AttachmentSpec): number[] {
  const { plugs, lines } = panel.state();
  return [plugs[`rv-${markOf(portId)}`]!.mtu, lines[lineKey(physicalNetwork, segment)]!.mtu];
}

/** Things of others, among them some with names as ours begin. */
function neighbour(n: number): PanelCommand[] {
  const line = `${physicalNetwork}/${3000 + n}`;
  const socket = `netns foreign-${n} eth0`;
  return [
    { verb: "line add", key: line, label: `rv-voice-${n}`, group, mtu: 1500 },
    { verb: "namespace add", name: `foreign-${n}`, group },
    { verb: "plug add", label: `rv-phone-${n}`, group, socket, mac: "fa:16:3e:aa:00:01", mtu: 1500 },
    { verb: "socket join", socket, line, tagging: "untagged", by: `rv-phone-${n}`, group },
    { verb: "socket join", socket: "switchport port1", line, tagging: "tagged", by: "uplink", group },
  ];
}

function squatted(squatter: Squatter): [there: PanelCommand, gone: PanelCommand] {
  if (squatter.instead === "segment") {
    const { networkId, segment } = squatter.spec;
    const key = lineKey(physicalNetwork, segment);
    return [
      { verb: "line add", key, label: `rv-${markOf(networkId)}`, group, mtu: 1500 },
      { verb: "line delete", key },
    ];
  }
  const { portId, point, mac, mtu } = squatter.spec;
  const label = `rv-${markOf(portId)}`;
  return [
    { verb: "plug add", label, group, socket: socketOf(point, label, portId), mac, mtu },
    { verb: "plug delete", label },
  ];
}

function meddlings(panel: PatchPanel): NetworkBackend["device"]["meddlings"] {
  const meddling = (
    what: string,
    commands: (attached: AttachmentSpec, label: string, line: string, socket: string) => readonly PanelCommand[],
  ) => ({
    what,
    act(attached: AttachmentSpec) {
      const label = `rv-${markOf(attached.portId)}`;
      const line = lineKey(attached.physicalNetwork, attached.segment);
      panel.edit(...commands(attached, label, line, socketOf(attached.point, label, attached.portId)));
    },
  });
  return [
    meddling("the line is deleted", (_port, _label, key) => [{ verb: "line delete", key }]),
    meddling("the line's MTU is lowered", (_port, _label, key) => [{ verb: "line set", key, mtu: 1280 }]),
    meddling("the line's note is torn off", (_port, _label, key) => [{ verb: "line note", key, note: undefined }]),
    meddling("the port leaves its line", (_port, _label, line, socket) => [{ verb: "socket leave", socket, line }]),
    meddling("the port is moved to another line", (_port, label, line, socket) => [
      { verb: "socket leave", socket, line },
      { verb: "socket join", socket, line: `${physicalNetwork}/3999`, tagging: "untagged", by: label, group },
    ]),
    meddling("the port's MTU is lowered", ({ addresses, gateways }, label) => [
      { verb: "plug set", label, mtu: 1280, addresses, gateways },
    ]),
    meddling("the plug is pulled", (_port, label) => [{ verb: "plug delete", label }]),
    meddling("the namespace is made anew", ({ point }) => {
      const name = point.kind === "netns" ? point.namespace! : "";
      return [
        { verb: "namespace delete", name },
        { verb: "namespace add", name, group },
      ];
    }),
  ];
}
