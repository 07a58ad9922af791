import { type BoundMethods, DriverError } from "@reeve/driver-sdk";
import { type AttachmentSpec, markOf, type NetworkInventory, type SegmentSpec } from "@reeve/driver-sdk/network";
import { lineKey, socketOf } from "./panel-state.ts";
import type { PatchPanel } from "./patch-panel.ts";

export type Method = BoundMethods[string];
export type Call = Parameters<Method>[1];
export type Changed = (input: any, call: Call, run: Method) => unknown;

/** What a careless author's driver does otherwise: by method, `ability.method` or `stats`. */
export type Otherwise = (panel: PatchPanel) => Readonly<Record<string, Changed>>;

/** A fault, and what it breaks. */
export interface Fault {
  /** The promise that it breaks; others may break with it. */
  readonly breaks: RegExp;
  readonly otherwise: Otherwise;
}

export const nothing = () => {};
export const unlessCode =
  (codes: readonly string[], instead: (input: any, call: Call, run: Method, error: DriverError) => unknown): Changed =>
  async (input, call, run) => {
    try {
      return await run(input, call);
    } catch (error) {
      if (!(error instanceof DriverError) || !codes.includes(error.code)) throw error;
      return instead(input, call, run, error);
    }
  };
export const swallowed = (...codes: readonly string[]) => unlessCode(codes, nothing);
export const listing =
  (change: (inventory: NetworkInventory) => unknown): Changed =>
  async (input, call, run) =>
    change((await run(input, call)) as NetworkInventory);
export const label = ({ portId }: { readonly portId: string }) => `rv-${markOf(portId)}`;
export const socket = (spec: AttachmentSpec) => socketOf(spec.point, label(spec), spec.portId);
export const line = ({ physicalNetwork, segment }: SegmentSpec | AttachmentSpec) => lineKey(physicalNetwork, segment);
export const isThere = (panel: PatchPanel, port: { readonly portId: string }) => label(port) in panel.state().plugs;

/** Lets a port hear a line for the time of one command. */
export function overhear(panel: PatchPanel, spec: AttachmentSpec, heard: string): void {
  panel.edit({ verb: "socket join", socket: socket(spec), line: heard, tagging: "tagged", by: label(spec), group: 7 });
  panel.edit({ verb: "socket leave", socket: socket(spec), line: heard });
}

/** Refuses what overlaps with another call. */
export function oneAtATime(): Changed {
  let running = 0;
  return async (input, call, run) => {
    if (running > 0) throw new DriverError("ABORTED", "another call is running");
    running++;
    try {
      return await run(input, call);
    } finally {
      running--;
    }
  };
}
