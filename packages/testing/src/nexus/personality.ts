import { requireKnownNames } from "../options/known-names.ts";

/** What differs between platforms and releases; network devices of one make agree on less than their guides say. */
export interface NexusPersonality {
  /** As `show version` has it. */
  readonly chassis: string;
  readonly release: string;
  /** VLAN ids are JSON numbers, not strings. */
  readonly numericIds: boolean;
  /** Port lists hold ranges: `Ethernet1/6-10`. */
  readonly portRanges: boolean;
  /** `vlanshowbr-vlanid` has its bytes in the wrong order (16777216 for 1); `-utf` is right. */
  readonly swappedVlanId: boolean;
  /** How a refused configuration command is answered: as an error, or as a success whose text says `ERROR: …`. */
  readonly refusals: "error" | "success-with-text";
  /** How many outputs `cli_conf` of ins_api answers with: one for each command, or one for all. */
  readonly configurationOutputs: "each" | "single";
  /** Whether JSON-RPC's `rollback-on-error` and the command `rollback` exist. */
  readonly rollback: boolean;
  /** What a port is before anybody configures it. */
  readonly portsAre: "routed" | "switched";
  /** What `no vlan N` gets where there is no such VLAN. */
  readonly deletingAbsentVlan: "accepted" | "refused";
  /** Whether `switchport access vlan N` makes a VLAN that is missing. */
  readonly accessMakesVlan: boolean;
  /** Whether VLANs from 1006 on have a state of their own; where not, even `state active` is refused. */
  readonly suspendsExtendedVlans: boolean;
  /** How many VLANs the hardware has room for. */
  readonly maxVlans: number;
  /** What interfaces a switch shows that is starting: none, or all without their configuration. */
  readonly whileStarting: "no-interfaces" | "bare-interfaces";
  /** What ins_api calls a refused command. */
  readonly refusedMessage: "CLI execution error" | "Input CLI command error";
  /** What an array of JSON-RPC answers holds after an error that stopped it: nothing, or an error for each command left out. */
  readonly afterStop: "nothing" | "errors";
}

const n9k: NexusPersonality = {
  chassis: "Nexus9000 C93180YC-FX Chassis",
  release: "9.3(8)",
  numericIds: false,
  portRanges: false,
  swappedVlanId: false,
  refusals: "error",
  configurationOutputs: "each",
  rollback: true,
  portsAre: "routed",
  deletingAbsentVlan: "accepted",
  accessMakesVlan: true,
  suspendsExtendedVlans: true,
  maxVlans: 3967,
  whileStarting: "no-interfaces",
  refusedMessage: "CLI execution error",
  afterStop: "nothing",
};

/**
 * The personalities by name: `n9k`, of which the others differ in a word or two; `n6k`, older and with other shapes;
 * `swapped` with the bytes of `vlanshowbr-vlanid` swapped; `mute` that refuses by a success; `single` with one output for all of
 * `cli_conf`; `no-rollback`.
 */
export const nexusPersonalities = {
  n9k,
  n6k: {
    ...n9k,
    chassis: "Nexus 6001 Chassis",
    release: "7.3(1)N1(1)",
    numericIds: true,
    portRanges: true,
    rollback: false,
    portsAre: "switched",
    configurationOutputs: "single",
    deletingAbsentVlan: "refused",
    accessMakesVlan: false,
    suspendsExtendedVlans: false,
    whileStarting: "bare-interfaces",
    refusedMessage: "Input CLI command error",
    afterStop: "errors",
  },
  swapped: { ...n9k, swappedVlanId: true },
  mute: { ...n9k, refusals: "success-with-text", deletingAbsentVlan: "refused" },
  single: { ...n9k, configurationOutputs: "single" },
  "no-rollback": { ...n9k, rollback: false },
} as const satisfies Record<string, NexusPersonality>;

export type NexusPersonalityName = keyof typeof nexusPersonalities;

/** A name of {@link nexusPersonalities}, or what differs from `n9k`. */
export type NexusPersonalityOption = NexusPersonalityName | Partial<NexusPersonality>;

/** @throws RangeError that names the personality when there is none of this name, or what of one is unknown */
export function personalityOf(option: NexusPersonalityOption): NexusPersonality {
  if (typeof option !== "string") {
    requireKnownNames("personality", option, Object.keys(n9k));
    return { ...n9k, ...option };
  }
  const named = Object.hasOwn(nexusPersonalities, option) ? nexusPersonalities[option] : undefined;
  if (!named) {
    throw new RangeError(
      `personality: expected one of ${Object.keys(nexusPersonalities).join(", ")}, got ${JSON.stringify(option)}`,
    );
  }
  return named;
}
