import { DriverError } from "@reeve/driver-sdk";
import { Interrupted } from "../command/command-failure.ts";
import { type Outcome, SharedRuns } from "../command/shared-runs.ts";
import { type CarriedVlan, HostView } from "./host-view.ts";
import { parseLinks } from "./link.ts";
import type { Machine } from "./machine.ts";
import type { DefaultRoute, NamespaceState } from "./namespace-view.ts";

/** Readings that the kernel interrupted, or that were cut: as often as CNI's netlinksafe tries. */
const mostReadings = 5;

/** Whether a decision looks at the VLANs of ports, told what else the host has: they take a program of their own. */
export type NeedsVlans = (view: HostView) => boolean;

/** Reads what the host has: all of it with two programs at most, however many ports there are and callers ask. */
export class HostReader {
  readonly #machine: Machine;
  readonly #group: number;
  readonly #filtering: boolean;
  readonly #host: SharedRuns<NeedsVlans, HostView>;

  constructor(machine: Machine, group: number, filtering: boolean) {
    this.#machine = machine;
    this.#group = group;
    this.#filtering = filtering;
    this.#host = new SharedRuns((items, signal) => this.#readTogether(items, signal), 1024);
  }

  /** The host's own namespace, not older than the call. */
  host(signal: AbortSignal, needsVlans: NeedsVlans = () => true): Promise<HostView> {
    return this.#host.ask(needsVlans, signal);
  }

  async #readTogether(items: readonly NeedsVlans[], signal: AbortSignal): Promise<readonly Outcome<HostView>[]> {
    try {
      const answer = await this.#readHost((view) => items.some((needs) => needs(view)), signal);
      return items.map(() => ({ answer }));
    } catch (error) {
      // One of them was cancelled: it is not asked again, and the others are.
      if (signal.aborted) return [];
      throw error;
    }
  }

  async #readHost(needsVlans: NeedsVlans, signal: AbortSignal): Promise<HostView> {
    const lines = await this.#lines("ip", ["-N", "-d"], ["address show", "netns list"], signal);
    // Where there was never a namespace it prints nothing at all.
    const [links, namespaces = []] = lines as [unknown, { name: string; id?: number }[]?];
    const [parsed, numbers] = [parseLinks(links), new Map(namespaces.map(({ name, id }) => [name, id]))];
    const seen = (vlans?: Map<string, CarriedVlan[]>) => new HostView(parsed, vlans, numbers, this.#group);
    if (!this.#filtering) return seen(new Map());
    const without = seen();
    if (!needsVlans(without)) return without;
    const vlans = await this.#lines("bridge", ["-compressvlans"], ["vlan show"], signal);
    return seen(parseVlans(vlans[0] as RawVlans));
  }

  async namespace(name: string, signal: AbortSignal): Promise<NamespaceState> {
    const args = ["-n", name, "-d"];
    const lines = await this.#lines("ip", args, ["address show", "route show table all"], signal).catch((error) => {
      if (!(error instanceof NoNamespace)) throw error;
      return error.state;
    });
    if (typeof lines === "string") return lines;
    const [links, routes] = lines as [unknown, RawRoute[]];
    return { links: parseLinks(links), defaultRoutes: routes.flatMap(parseDefault) };
  }

  /** The JSON that each line of a batch printed. */
  async #lines(program: string, options: readonly string[], batch: readonly string[], signal: AbortSignal) {
    for (let reading = 1; ; reading += 1) {
      const input = batch.map((line) => `${line}\n`).join("");
      const ended = await this.#machine.run(program, ["-j", ...options, "-batch", "-"], { input, signal });
      signal.throwIfAborted();
      if (ended.status === 255 && /Cannot open network namespace.*No such file/.test(ended.stderr))
        throw new NoNamespace("absent");
      if (ended.status === 255 && /setting the network namespace .* failed/.test(ended.stderr))
        throw new NoNamespace("stale");
      const read = ended.status === 0 && !ended.stderr.includes("interrupted") ? parseLines(ended.stdout) : undefined;
      const expected = batch.at(-1) === "netns list" ? batch.length - 1 : batch.length;
      if (read && read.length >= expected) return read;
      if (reading === mostReadings) throw unreadable(program, batch, ended.status, ended.stderr);
    }
  }
}

class NoNamespace extends Error {
  readonly state: "absent" | "stale";

  constructor(state: "absent" | "stale") {
    super(state);
    this.state = state;
  }
}

interface RawHop {
  readonly gateway?: string;
  readonly dev?: string;
}

interface RawRoute extends RawHop {
  readonly dst: string;
  readonly protocol?: string;
  readonly nexthops?: readonly RawHop[];
}

/** The kernel makes one route of IPv6 routes that differ in their gateway and interface only. */
function parseDefault({ dst, protocol, nexthops, ...hop }: RawRoute): DefaultRoute[] {
  if (dst !== "default" || (protocol !== "boot" && protocol !== "static")) return [];
  return (nexthops ?? [hop]).flatMap(({ gateway, dev }) =>
    gateway === undefined || dev === undefined ? [] : [{ gateway, interface: dev }],
  );
}

type RawVlans = { ifname: string; vlans: { vlan: number; vlanEnd?: number; flags?: string[] }[] }[];

function parseVlans(raw: RawVlans): Map<string, CarriedVlan[]> {
  return new Map(
    raw.map(({ ifname, vlans }) => [
      ifname,
      vlans.flatMap(({ vlan, vlanEnd = vlan, flags = [] }) =>
        Array.from({ length: vlanEnd - vlan + 1 }, (_, offset) => ({
          vlanId: vlan + offset,
          untagged: flags.includes("PVID") && flags.includes("Egress Untagged"),
        })),
      ),
    ]),
  );
}

/** `ip -j -batch` prints a document for each line; undefined when one is cut, as iproute2 has been seen to print routes. */
function parseLines(text: string): unknown[] | undefined {
  try {
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}

function unreadable(program: string, batch: readonly string[], status: number | undefined, stderr: string): Error {
  if (status === undefined) return new Interrupted(`${program} was killed while it read`);
  const words = stderr.trim() || "it printed no JSON";
  return new DriverError("UNAVAILABLE", `${program} ${batch.join(", ")}: ended with ${status}: ${words}`);
}
