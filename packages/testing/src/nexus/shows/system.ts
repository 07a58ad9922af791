import { reservedBlock } from "../device/configuration.ts";
import type { Checkpoint, Device } from "../device/device.ts";
import { portLines, reservationText, vlanLines } from "../device/running-text.ts";
import { parseVlanList } from "../device/vlan-list.ts";
import type { Output } from "../grammar/command.ts";

/** Kernel uptime is how a client tells that the switch was restarted. */
export function showVersion(device: Device): Output {
  const { chassis, release } = device.personality;
  const seconds = Math.floor(device.uptimeMs / 1_000);
  const uptime = {
    kern_uptm_days: Math.floor(seconds / 86_400),
    kern_uptm_hrs: Math.floor(seconds / 3_600) % 24,
    kern_uptm_mins: Math.floor(seconds / 60) % 60,
    kern_uptm_secs: seconds % 60,
  };
  const body = {
    header_str: "Cisco Nexus Operating System (NX-OS) Software\n",
    kickstart_ver_str: release,
    nxos_ver_str: release,
    chassis_id: chassis,
    memory: 65_808_228,
    mem_type: "kB",
    proc_board_id: "SIM00000001",
    host_name: device.running.hostname,
    bootflash_size: 115_805_356,
    ...uptime,
    rr_reason: device.resetReason,
    rr_sys_ver: release,
    rr_service: "",
    manufacturer: "Cisco Systems, Inc.",
  };
  const text = [
    "Cisco Nexus Operating System (NX-OS) Software",
    "",
    "Software",
    `  NXOS: version ${release}`,
    "",
    "Hardware",
    `  cisco ${chassis}`,
    `  Device name: ${device.running.hostname}`,
    "",
    `Kernel uptime is ${uptime.kern_uptm_days} day(s), ${uptime.kern_uptm_hrs} hour(s), ${uptime.kern_uptm_mins} minute(s), ${uptime.kern_uptm_secs} second(s)`,
    "",
    "Last reset",
    `  Reason: ${device.resetReason}`,
  ].join("\n");
  return { text, body };
}

/** The block in force, and where they differ the one after the next start. */
export function showReserved(device: Device): Output {
  const now = `system current running vlan reservation: ${reservationText(device.reservation)}`;
  const future = device.running.reservation;
  if (future === device.reservation) return { text: now };
  return { text: `${now}\n\nsystem future running vlan reservation: ${reservationText(future)}` };
}

/** What VLANs the switch uses itself: the block in force. */
export function showInternalUsage(device: Device): Output {
  const last = device.reservation + reservedBlock - 1;
  return {
    text: `VLANs                   DESCRIPTION\n-------------------     -----------------\n${`${device.reservation}-${last}`.padEnd(24)}Current`,
  };
}

/** How many VLANs there may be, there are, and can still be made. */
export function showResource(device: Device): Output {
  const max = device.personality.maxVlans;
  const used = device.running.vlans.size;
  const cells = ["vlan", "16", String(max), String(used), "0", String(max - used)];
  const head = ["Resource", "Min", "Max", "Used", "Unused", "Avail"];
  const line = (row: readonly string[]) =>
    `     ${row.map((cell, at) => cell.padEnd(at === 0 ? 26 : 10)).join("")}`.trimEnd();
  const [resource = "", min = "", most = "", usedNow = "", unused = "", avail = ""] = cells;
  return {
    text: [line(head), line(head.map((title) => "-".repeat(title.length))), line(cells)].join("\n"),
    body: { TABLE_resource: [{ resource, min, max: most, used: usedNow, unused, avail }] },
  };
}

/** `of` is what comes after `show running-config`. */
export function showRunning(
  device: Device,
  of: { all: true } | { vlans: string | undefined } | { ports: readonly string[] },
): Output {
  const head = (rest: string) => [
    "",
    `!Command: show running-config${rest}`,
    `!Running configuration last done at: ${dateText(device.changedAt)}`,
    `!Time: ${dateText(device.clock.wallNow())}`,
    "",
    `version ${device.personality.release} Bios:version`,
  ];
  if ("all" in of) return { text: [...head(""), device.text(device.running)].join("\n") };
  if ("vlans" in of) {
    const wanted = of.vlans === undefined ? undefined : new Set(parseVlanList(of.vlans));
    const vlans = device.running.vlansById().filter(({ id }) => wanted?.has(id) ?? true);
    const lines = vlans.length > 0 ? vlanLines(vlans) : [];
    return { text: [...head(` vlan${of.vlans === undefined ? "" : ` ${of.vlans}`}`), ...lines, ""].join("\n") };
  }
  const blocks = of.ports.flatMap((name) => {
    const port = device.running.ports.get(name);
    return port ? ["", ...portLines(port, device.personality.portsAre)] : [];
  });
  return {
    text: [...head(of.ports.length === 1 ? ` interface ${of.ports[0]}` : " interface"), ...blocks, ""].join("\n"),
  };
}

export function showStartup(device: Device): Output {
  return {
    text: [
      "",
      "!Command: show startup-config",
      `!Time: ${dateText(device.clock.wallNow())}`,
      `!Startup config saved at: ${dateText(device.savedAt)}`,
      "",
      `version ${device.personality.release} Bios:version`,
      device.text(device.startup),
    ].join("\n"),
  };
}

/** Text only; there is no structured form. */
export function showCheckpoints(device: Device): Output {
  return { text: device.checkpoints.map((checkpoint, at) => checkpointText(device, checkpoint, at + 1)).join("\n\n") };
}

function checkpointText(device: Device, checkpoint: Checkpoint, number: number): string {
  const system = checkpoint.by === "system";
  const day = new Date(checkpoint.at).toUTCString();
  const size = Buffer.byteLength(device.text(checkpoint.configuration));
  return [
    `${number}) ${checkpoint.name}:`,
    "Created by admin",
    `Created at ${day.slice(0, 3)}, ${day.slice(17, 25)} ${day.slice(5, 16)}`,
    `Size is ${size.toLocaleString("en-US")} bytes`,
    `${system ? "System" : "User"} Checkpoint Summary`,
    "-".repeat(53),
    `Description: ${checkpoint.description}`,
  ].join("\n");
}

/** `Mon Jan 13 14:50:45 2020`. */
function dateText(at: number): string {
  const day = new Date(at).toUTCString();
  return `${day.slice(0, 3)} ${day.slice(8, 11)} ${String(Number(day.slice(5, 7))).padStart(2)} ${day.slice(17, 25)} ${day.slice(12, 16)}`;
}
