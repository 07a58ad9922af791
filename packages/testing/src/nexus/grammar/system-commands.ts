import { type Configuration, defaultReservation, reservedBlock } from "../device/configuration.ts";
import type { Device } from "../device/device.ts";
import { Refusal } from "../device/refusal.ts";
import { type Command, type CommandContext, commands, type Mode } from "./command.ts";

const maxCheckpoints = 10;
const lastReservation = 3968;

export const systemCommands: readonly Command[] = [
  ...commands("exec", "exec", {
    "configure terminal": (context) => setMode(context, { kind: "config" }),
    exit: leave,
    end: (context) => setMode(context, { kind: "exec" }),
    "terminal dont-ask": () => undefined,
    "terminal length <lines>": () => undefined,
    "copy running-config startup-config": ({ device }) => save(device),
    "checkpoint <name>": ({ device }, { name }) => takeCheckpoint(device, "user", name as string, "None"),
    "no checkpoint <name>": ({ device }, { name }) => dropCheckpoint(device, name as string),
    "rollback running-config checkpoint <name>": ({ device }, { name }) => rollBack(device, name as string),
  }),
  ...commands("config", "configure", {
    "hostname <name>": ({ device }, { name }) => change(device, { hostname: name as string }),
    "feature <name>": ({ device }, { name }) => void device.running.features.add(name as string),
    "no feature <name>": ({ device }, { name }) => dropFeature(device, name as string),
    "system vlan <first> reserve": ({ device }, { first }) => reserve(device, Number(first)),
    "no system vlan <first> reserve": ({ device }) => reserve(device, defaultReservation),
    "system vlan long-name": ({ device }) => change(device, { longVlanNames: true }),
    "no system vlan long-name": ({ device }) => change(device, { longVlanNames: false }),
  }),
];

function setMode(context: CommandContext, mode: Mode): void {
  context.mode = mode;
}

function change(device: Device, changed: Partial<Pick<Configuration, "hostname" | "longVlanNames">>): void {
  Object.assign(device.running, changed);
}

function leave(context: CommandContext): void {
  const inside = context.mode.kind === "vlan" || context.mode.kind === "interface";
  context.mode = inside ? { kind: "config" } : { kind: "exec" };
}

/**
 * One at a time for the whole switch. What is changed while it runs is not in it.
 *
 * @throws Refusal while another one runs, or while the switch is starting
 */
async function save(device: Device): Promise<string> {
  if (device.phase !== "ready") throw new Refusal("Configuration update aborted: system not ready");
  if (device.saving) throw new Refusal("Configuration update aborted: another user is saving the configuration");
  const { boot } = device;
  const saved = device.running.clone();
  device.saving = true;
  try {
    await device.pass(device.delays.save);
    device.assertBoot(boot);
    device.startup = saved;
    device.savedAt = device.clock.wallNow();
  } finally {
    if (device.boot === boot) device.saving = false;
  }
  const steps = Array.from(
    { length: 40 },
    (_, step) => `[${"#".repeat(step + 1).padEnd(40)}] ${Math.floor((step + 1) * 2.5)}%`,
  );
  return [...steps, "Copy complete, now saving to disk (please wait)...", "Copy complete."].join("\n");
}

function reserve(device: Device, first: number): string {
  if (!Number.isInteger(first) || first < 2 || first > lastReservation) throw new Refusal("% Invalid value/range");
  device.running.reservation = first;
  const last = first + reservedBlock - 1;
  return `Note: After switch reload, VLANs ${first}-${last} will be reserved for internal use.\n      This requires copy running-config to startup-config before\n      switch reload.  Creating VLANs within this range is not allowed.`;
}

/** The switch keeps what it had before a feature goes. */
function dropFeature(device: Device, name: string): void {
  if (!device.running.features.has(name)) return;
  device.checkpoints.push({
    ...checkpointOf(device, `system-fm-${name}`, "Created by Feature Manager."),
    by: "system",
  });
  device.running.features.delete(name);
}

function takeCheckpoint(device: Device, by: "user" | "system", name: string, description: string): string {
  if (device.checkpoints.filter((each) => each.by === "user").length >= maxCheckpoints) {
    throw new Refusal(`ERROR: the maximum of ${maxCheckpoints} checkpoints is reached`);
  }
  if (device.checkpoints.some((each) => each.name === name)) throw new Refusal("ERROR: Checkpoint name already exists");
  device.checkpoints.push({ ...checkpointOf(device, name, description), by });
  return "Done";
}

function checkpointOf(device: Device, name: string, description: string) {
  return { name, description, at: device.clock.wallNow(), configuration: device.running.clone() };
}

function dropCheckpoint(device: Device, name: string): void {
  const at = device.checkpoints.findIndex((each) => each.name === name);
  if (at === -1) throw new Refusal("ERROR: Checkpoint does not exist");
  device.checkpoints.splice(at, 1);
}

/** It undoes what everybody did since, the operator too. */
function rollBack(device: Device, name: string): string {
  const checkpoint = device.checkpoints.find((each) => each.name === name);
  if (!device.personality.rollback || !checkpoint) throw new Refusal("Rollback failed.");
  device.running = checkpoint.configuration.clone();
  return "Rollback completed successfully.";
}
