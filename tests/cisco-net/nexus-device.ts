import { spawn } from "node:child_process";
import { once } from "node:events";
import { ciscoNetWith, httpsLink, type Link, LinkError } from "@reeve/cisco-net";
import type {
  ArmedFault,
  CommandFault,
  Meddling,
  NetworkBackend,
  NetworkCall,
  NetworkDevice,
  Squatter,
} from "@reeve/driver-sdk/conformance";
import type { AttachmentSpec, Point } from "@reeve/driver-sdk/network";
import { type NexusPersonalityName, type NexusSimulator, nexusPersonalities, nexusSimulator } from "@reeve/testing";
import { ShiftedClock } from "./shifted-clock.ts";
import { switchTraffic } from "./switch-traffic.ts";

const own = (n: number) => `Ethernet1/${n + 1}`;
const shared = "Ethernet1/20";
const crowded = (n: number) => `Ethernet1/${21 + Math.floor(n / crowdNetworks)}`;
const uplink = "Ethernet1/48";
const crowdNetworks = 50;
const vlansMax = 150;

/** As an operator hands ports over: trunks that carry nothing, which is also how the driver parks them; and the way out. */
const configuration = [
  "interface e1/1-40 ; switchport ; switchport mode trunk ; switchport trunk allowed vlan none",
  `interface ${uplink} ; switchport ; switchport mode trunk`,
].join(" ; ");

interface Armed {
  left: number;
  readonly fault: CommandFault;
  readonly abort: () => void;
  struck: boolean;
}

/** A simulated switch for the conformance suite; a command is a request of NX-API. */
export async function nexusBackend(personality: NexusPersonalityName): Promise<NetworkBackend> {
  const clock = new ShiftedClock();
  const nexus = await nexusSimulator({
    personality: { ...nexusPersonalities[personality], maxVlans: vlansMax },
    interfaces: ["Ethernet1/1-48"],
    configuration,
    clock,
  });
  const { url, ca, username, password } = nexus;
  const armed = new Set<Armed>();
  let trips = 0;
  let reachable = true;
  const connect = (target: { url: string; ca: string | undefined }): Link => {
    const link = httpsLink(target);
    return {
      async post(request) {
        trips++;
        if (!reachable) throw new LinkError("connect ECONNREFUSED", { sent: false });
        const due = [...armed].find((one) => --one.left === 0);
        if (!due) return link.post(request);
        armed.delete(due);
        due.struck = true;
        return strike(due, link, request);
      },
      close: () => link.close(),
    };
  };
  const options = {
    url,
    ca,
    username,
    password,
    physicalNetwork: "dc1",
    interfaces: Array.from({ length: 40 }, (_, n) => own(n)),
    saveAfter: false as const,
  };
  const driver = ciscoNetWith({ clock, connect })(options);
  const device: NetworkDevice = {
    physicalNetwork: "dc1",
    kinds: ["vlan"],
    reservedVlans: [1, 3968, 4000, 4093, 4094],
    own: (n) => at(own(n), "untagged"),
    shared: () => at(shared, "tagged"),
    crowd: { networks: crowdNetworks, point: (n) => at(crowded(n), "tagged"), roundTrips: 20 },
    strangePoint: { kind: "tap" },
    facts: () => factsOf(nexus),
    roundTrips: () => trips,
    mtus: () => [],
    async restart() {
      await nexus.reload();
      clock.advance(600_000);
    },
    async unreachable() {
      reachable = false;
      return async () => {
        reachable = true;
      };
    },
    fault(left, fault, abort): ArmedFault {
      const one: Armed = { left, fault, abort, struck: false };
      armed.add(one);
      return {
        get struck() {
          return one.struck;
        },
        disarm: () => void armed.delete(one),
      };
    },
    killed: (left, calls) => killedAt(left, calls, options),
    async plant(n) {
      const vlan = 2000 + n;
      await nexus.cli(`vlan ${vlan} ; name ${n === 0 ? "rv-voice" : `voice-${n}`}`);
      await nexus.cli(`interface ${shared} ; switchport trunk allowed vlan add ${vlan}`);
      await nexus.cli(
        `interface e1/${42 + n} ; switchport ; switchport access vlan ${vlan} ; description of-the-operator`,
      );
    },
    squat: (squatter) => squat(nexus, squatter),
    meddlings: meddlingsOn(nexus),
    async fill() {
      const room = vlansMax - vlansOf(nexus).length;
      await nexus.cli(`vlan 3000-${3000 + room - 1}`);
      return async () => void (await nexus.cli(`no vlan 3000-${3000 + room - 1}`));
    },
    traffic: switchTraffic(nexus, uplink),
  };
  return { driver, device, dispose: () => nexus.close() };
}

function at(name: string, tagging: "tagged" | "untagged"): Point {
  return { kind: "switchport", interface: name, tagging };
}

async function strike({ fault, abort }: Armed, link: Link, request: Parameters<Link["post"]>[0]) {
  switch (fault) {
    case "abort":
      abort();
      return link.post(request);
    case "refused": {
      const [first] = JSON.parse(request.body) as { id: number }[];
      const error = { code: -32602, message: "Invalid params", data: { msg: "ERROR: refused by the test\n" } };
      return { status: 500, cookies: [], text: JSON.stringify([{ jsonrpc: "2.0", error, id: first!.id }]) };
    }
    case "lost":
      await link.post(request);
      throw new LinkError("other side closed", { sent: true });
    case "silent": {
      await link.post({ ...request, signal: new AbortController().signal });
      const given = new Promise<never>((_, reject) => {
        const end = () => reject(new LinkError("no answer in time", { sent: true }));
        if (request.signal.aborted) end();
        request.signal.addEventListener("abort", end, { once: true });
      });
      abort();
      return given;
    }
  }
}

/** One fact for each VLAN and its name, for the mode of each port, and for each VLAN that it carries. */
function factsOf(nexus: NexusSimulator): string[] {
  const facts: string[] = [];
  let head = "";
  for (const line of nexus.runningConfig().split("\n")) {
    const text = line.trim();
    if (!line.startsWith(" ")) head = text;
    else if (/^interface|^vlan/.test(head)) {
      const list = /^switchport trunk allowed vlan (?:add )?([\d,-]+)$/.exec(text)?.[1];
      facts.push(...(list ? idsOf(list).map((id) => `${head} carries VLAN ${id} tagged`) : [`${head}: ${text}`]));
    }
  }
  // That a list is empty is told by there being no VLAN in it.
  const kept = facts.filter((fact) => !fact.endsWith(": switchport trunk allowed vlan none"));
  return [...vlansOf(nexus).map((id) => `VLAN ${id} is there`), ...kept];
}

function vlansOf(nexus: NexusSimulator): number[] {
  return nexus
    .runningConfig()
    .split("\n")
    .flatMap((line) => /^vlan ([\d,-]+)$/.exec(line)?.[1] ?? [])
    .flatMap(idsOf)
    .filter((id, index, all) => all.indexOf(id) === index);
}

function idsOf(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

async function squat(nexus: NexusSimulator, squatter: Squatter): Promise<() => Promise<void>> {
  if (squatter.instead === "segment") {
    const { segment } = squatter.spec;
    if (segment.kind !== "vlan") throw new Error("no VLAN");
    await nexus.cli(`vlan ${segment.vlanId} ; name squatter`);
    return async () => void (await nexus.cli(`no vlan ${segment.vlanId}`));
  }
  const name = interfaceOf(squatter.spec);
  await nexus.cli("vlan 2900 ; name squatter");
  await nexus.cli(`interface ${name} ; switchport access vlan 2900 ; switchport mode access`);
  return async () => {
    await nexus.cli(`interface ${name} ; switchport mode trunk ; no switchport access vlan`);
    await nexus.cli("no vlan 2900");
  };
}

function meddlingsOn(nexus: NexusSimulator): Meddling[] {
  const vlan = ({ segment }: AttachmentSpec) => (segment.kind === "vlan" ? segment.vlanId : 0);
  const edit = (what: string, commands: (port: AttachmentSpec) => string): Meddling => ({
    what,
    act: async (port) => void (await nexus.cli(commands(port))),
  });
  return [
    edit("the VLAN is deleted", (port) => `no vlan ${vlan(port)}`),
    edit("the VLAN is suspended", (port) => `vlan ${vlan(port)} ; state suspend`),
    edit(
      "the port is taken out of its VLAN",
      (port) => `interface ${interfaceOf(port)} ; switchport mode trunk ; no switchport access vlan`,
    ),
  ];
}

function interfaceOf({ point }: AttachmentSpec): string {
  if (point.kind !== "switchport") throw new Error(`a switchport was expected, got ${point.kind}`);
  return point.interface;
}

async function killedAt(left: number, calls: readonly NetworkCall[], options: object): Promise<"killed" | "finished"> {
  const program = new URL("killed-at-request.fixture.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=reeve-source", program], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.end(JSON.stringify({ left, calls, options }));
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (signal === "SIGKILL") return "killed";
  if (code === 0) return "finished";
  throw new Error(`the process ended with ${code ?? signal}`);
}
