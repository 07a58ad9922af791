import { setTimeout as after } from "node:timers/promises";
import { type BoundMethods, type Driver, DriverError, type DriverSession } from "@reeve/driver-sdk";
import {
  type AttachmentSpec,
  type DetachSpec,
  markOf,
  type NetworkDriverPort,
  type NetworkInventory,
  type SegmentSpec,
} from "@reeve/driver-sdk/network";
import { lineKey, socketOf } from "./panel-state.ts";
import type { PatchPanel } from "./patch-panel.ts";

type Method = BoundMethods[string];
type Call = Parameters<Method>[1];
type Changed = (input: any, call: Call, run: Method) => unknown;

/** What a careless author's driver does otherwise: by method, `ability.method` or `stats`. */
type Otherwise = (panel: PatchPanel) => Readonly<Record<string, Changed>>;

interface Fault {
  /** The promise that it breaks; others may break with it. */
  readonly breaks: RegExp;
  readonly otherwise: Otherwise;
}

const nothing = () => {};
const unlessCode =
  (codes: readonly string[], instead: (input: any, call: Call, run: Method, error: DriverError) => unknown): Changed =>
  async (input, call, run) => {
    try {
      return await run(input, call);
    } catch (error) {
      if (!(error instanceof DriverError) || !codes.includes(error.code)) throw error;
      return instead(input, call, run, error);
    }
  };
const swallowed = (...codes: readonly string[]) => unlessCode(codes, nothing);
const listing =
  (change: (inventory: NetworkInventory) => unknown): Changed =>
  async (input, call, run) =>
    change((await run(input, call)) as NetworkInventory);
const label = ({ portId }: { readonly portId: string }) => `rv-${markOf(portId)}`;
const socket = (spec: AttachmentSpec) => socketOf(spec.point, label(spec), spec.portId);
const line = ({ physicalNetwork, segment }: SegmentSpec | AttachmentSpec) => lineKey(physicalNetwork, segment);
const isThere = (panel: PatchPanel, port: { readonly portId: string }) => label(port) in panel.state().plugs;

/** Lets a port hear a line for the time of one command. */
function overhear(panel: PatchPanel, spec: AttachmentSpec, heard: string): void {
  panel.edit({ verb: "socket join", socket: socket(spec), line: heard, tagging: "tagged", by: label(spec), group: 7 });
  panel.edit({ verb: "socket leave", socket: socket(spec), line: heard });
}

/** Refuses what overlaps with another call. */
function oneAtATime(): Changed {
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

/** One promise broken at a time. */
export const faults: Readonly<Record<string, Fault>> = {
  "a new device has a ghost": {
    breaks: /^what the driver has never been asked for/,
    otherwise: () => ({
      list: listing((all) => ({
        ...all,
        leftovers: [...all.leftovers, { kind: "port", mark: "0123456789ab", what: "ghost" }],
      })),
    }),
  },
  "ensuring again makes it anew": {
    breaks: /^ensuring a segment twice/,
    otherwise: (panel) => {
      let count = 0;
      return {
        ensureSegment: async (input: SegmentSpec, call, run) => {
          await run(input, call);
          const note = { networkId: input.networkId, name: `${input.name} ${count++}` };
          panel.edit({ verb: "line note", key: line(input), note });
        },
      };
    },
  },
  "a taken segment is no error": {
    breaks: /^another segment for a network/,
    otherwise: () => ({ ensureSegment: swallowed("ALREADY_EXISTS") }),
  },
  "each attachment is another": {
    breaks: /^attaching twice gives/,
    otherwise: () => {
      let count = 0;
      return {
        attach: async (input, call, run) => ({ ...((await run(input, call)) as object), device: `d${count++}` }),
      };
    },
  },
  "a port of another MAC replaces it": {
    breaks: /^another MAC, point or network/,
    otherwise: (panel) => ({
      attach: unlessCode(["ALREADY_EXISTS"], (input, call, run) => {
        panel.edit({ verb: "plug delete", label: label(input) });
        return run(input, call);
      }),
    }),
  },
  "what is attached is left as it is": {
    breaks: /^other addresses for an attached port/,
    otherwise: () => {
      const answers = new Map<string, unknown>();
      return {
        attach: async (input, call, run) => {
          const key = `${input.portId} ${input.generation}`;
          if (!answers.has(key)) answers.set(key, await run(input, call));
          return answers.get(key);
        },
      };
    },
  },
  "detaching nothing is an error": {
    breaks: /^removing and detaching what is not there/,
    otherwise: (panel) => ({
      detach: (input, call, run) => {
        if (!isThere(panel, input)) throw new DriverError("NOT_FOUND", "no such port");
        return run(input, call);
      },
    }),
  },
  "a segment is removed under its ports": {
    breaks: /^a port cannot be attached to a segment/,
    otherwise: (panel) => ({
      removeSegment: unlessCode(["FAILED_PRECONDITION"], (input) =>
        panel.edit({ verb: "line delete", key: line(input) }),
      ),
    }),
  },
  "both win": {
    breaks: /^attaching a port while its segment is removed/,
    otherwise: () => ({ removeSegment: swallowed("FAILED_PRECONDITION") }),
  },
  "calls for one port exclude each other": {
    breaks: /^attaching and detaching one port at once/,
    otherwise: () => {
      const alone = oneAtATime();
      return { attach: alone, detach: alone };
    },
  },
  "calls for one segment exclude each other": {
    breaks: /^ten calls at once/,
    otherwise: () => ({ ensureSegment: oneAtATime() }),
  },
  "one of many is lost": {
    breaks: /^fifty ports at once/,
    otherwise: () => {
      let running = 0;
      return {
        attach: async (input, call, run) => {
          if (++running > 40) return { kind: "tap", device: "lost" };
          return run(input, call);
        },
      };
    },
  },
  "work in progress is left over": {
    breaks: /^what a call is still making/,
    otherwise: () => {
      const making = new Set<string>();
      return {
        attach: async (input, call, run) => {
          making.add(input.portId);
          try {
            return await run(input, call);
          } finally {
            making.delete(input.portId);
          }
        },
        list: async (input, call, run) => {
          const left = [...making].map((portId) => ({ kind: "port" as const, mark: markOf(portId), what: "a port" }));
          const all = (await run(input, call)) as NetworkInventory;
          return { ...all, leftovers: [...all.leftovers, ...left] };
        },
      };
    },
  },
  "what has our prefix is tidied up": {
    breaks: /^what others made before/,
    otherwise: (panel) => ({
      list: async (input, call, run) => {
        for (const plug of Object.keys(panel.state().plugs))
          if (plug.startsWith("rv-phone")) panel.edit({ verb: "plug delete", label: plug });
        return run(input, call);
      },
    }),
  },
  "a trunk's list is replaced": {
    breaks: /^what others made before/,
    otherwise: (panel) => ({
      attach: async (input, call, run) => {
        for (const carried of Object.keys(panel.state().sockets["switchport port1"]!))
          panel.edit({ verb: "socket leave", socket: "switchport port1", line: carried });
        return run(input, call);
      },
    }),
  },
  "a foreign segment is taken over": {
    breaks: /^something foreign in a segment's place/,
    otherwise: (panel) => ({
      ensureSegment: unlessCode(["FAILED_PRECONDITION"], (input, call, run) => {
        panel.edit({ verb: "line delete", key: line(input) });
        return run(input, call);
      }),
    }),
  },
  "a foreign port is removed": {
    breaks: /^something foreign in a port's place/,
    otherwise: (panel) => ({
      detach: async (input, call, run) => {
        await run(input, call);
        if (isThere(panel, input)) panel.edit({ verb: "plug delete", label: label(input) });
      },
    }),
  },
  "the list is what was asked for": {
    breaks: /^what others change of ours/,
    otherwise: () => {
      let known: unknown;
      const forgets: Changed = async (input, call, run) => {
        known = undefined;
        return run(input, call);
      };
      return {
        ensureSegment: forgets,
        attach: forgets,
        detach: forgets,
        removeSegment: forgets,
        list: async (input, call, run) => (known ??= await run(input, call)),
      };
    },
  },
  "a port is in another network for an instant": {
    breaks: /^ports of one network hear each other/,
    otherwise: (panel) => ({
      attach: async (input: AttachmentSpec, call, run) => {
        const answer = await run(input, call);
        for (const other of Object.keys(panel.state().lines)) if (other !== line(input)) overhear(panel, input, other);
        return answer;
      },
    }),
  },
  "a flat network hears tags": {
    breaks: /^a flat network is all that is untagged/,
    otherwise: (panel) => ({
      attach: async (input: AttachmentSpec, call, run) => {
        const answer = await run(input, call);
        if (input.segment.kind === "flat")
          for (const other of Object.keys(panel.state().lines))
            if (other !== line(input)) overhear(panel, input, other);
        return answer;
      },
    }),
  },
  "no frame leaves": {
    breaks: /^a network reaches other machines/,
    otherwise: (panel) => ({
      attach: async (input: AttachmentSpec, call, run) => {
        const unplug = panel.watch(() => {
          if (line(input) in (panel.state().sockets[socket(input)] ?? {}))
            throw new DriverError("INTERNAL", "no frame leaves");
        });
        try {
          return await run(input, call);
        } finally {
          unplug();
        }
      },
    }),
  },
  "a trunk drops a network with its first port": {
    breaks: /^a place that several ports share/,
    otherwise: () => ({ detach: (input: DetachSpec, call, run) => run({ ...input, last: true }, call) }),
  },
  "a trunk keeps a network for good": {
    breaks: /^a place that several ports share/,
    otherwise: () => ({ detach: (input: DetachSpec, call, run) => run({ ...input, last: false }, call) }),
  },
  "stale is as good as new": {
    breaks: /^a stale generation is ABORTED/,
    otherwise: () => ({ attach: swallowed("ABORTED"), detach: swallowed("ABORTED") }),
  },
  "stale may be tried again": {
    breaks: /^a stale generation is ABORTED/,
    otherwise: () => ({
      attach: unlessCode(["ABORTED"], () => {
        throw new DriverError("ABORTED", "stale");
      }),
    }),
  },
  "generations are forgotten with the session": {
    breaks: /^what keeps a port's generation/,
    otherwise: () => {
      const known = new Set<string>();
      return {
        attach: async (input, call, run) => {
          const answer = await (known.has(input.portId) ? run(input, call) : swallowed("ABORTED")(input, call, run));
          known.add(input.portId);
          return answer;
        },
      };
    },
  },
  "ids are not checked": {
    breaks: /^an id that is none/,
    otherwise: () => ({ detach: swallowed("INVALID_ARGUMENT") }),
  },
  "attachments are not checked": {
    breaks: /^a malformed MAC/,
    otherwise: () => ({ attach: swallowed("INVALID_ARGUMENT") }),
  },
  "segments are not checked": {
    breaks: /^a malformed segment/,
    otherwise: () => ({ ensureSegment: swallowed("INVALID_ARGUMENT") }),
  },
  "names are for machines": {
    breaks: /^any text will do/,
    otherwise: () => ({
      ensureSegment: (input, call, run) => {
        if (/[^\x20-\x7e]/.test(input.name)) throw new DriverError("INVALID_ARGUMENT", "name");
        return run(input, call);
      },
    }),
  },
  "ids are cut short": {
    breaks: /^ids that differ in their last letter/,
    otherwise: () => {
      const short: Changed = (input, call, run) =>
        run({ ...input, networkId: String(input.networkId).slice(0, 32) }, call);
      return { ensureSegment: short, attach: short, removeSegment: short };
    },
  },
  "rows are refused": {
    breaks: /^rows with more fields/,
    otherwise: () => ({
      ensureSegment: (input, call, run) => {
        if (Object.keys(input).length > 5) throw new DriverError("INVALID_ARGUMENT", "unknown fields");
        return run(input, call);
      },
    }),
  },
  "reserved VLANs are given away": {
    breaks: /^the first and the last VLAN/,
    otherwise: () => ({ ensureSegment: swallowed("FAILED_PRECONDITION") }),
  },
  "a strange point is malformed": {
    breaks: /^a point of a kind that the device does not have/,
    otherwise: () => ({
      attach: unlessCode(["UNIMPLEMENTED"], () => {
        throw new DriverError("INVALID_ARGUMENT", "point");
      }),
    }),
  },
  "an MTU is only ever raised": {
    breaks: /^an MTU holds at each end/,
    otherwise: (panel) => ({
      ensureSegment: (input: SegmentSpec, call, run) =>
        run({ ...input, mtu: Math.max(input.mtu, panel.state().lines[line(input)]?.mtu ?? 0) }, call),
    }),
  },
  "an MTU is cut to what fits": {
    breaks: /^more than the device carries/,
    otherwise: () => ({ attach: (input, call, run) => run({ ...input, mtu: Math.min(input.mtu, 9216) }, call) }),
  },
  "attachments are counted one too many": {
    breaks: /^statistics satisfy the port's schema/,
    otherwise: () => ({
      stats: async (input, call, run) => {
        const stats = (await run(input, call)) as { readonly attachments: number };
        return { ...stats, attachments: stats.attachments && stats.attachments + 1 };
      },
    }),
  },
  "statistics tell of other VLANs": {
    breaks: /^the VLANs in the statistics/,
    otherwise: () => ({ "vlans.ranges": () => ({ usable: [[2, 4000]], reserved: [] }) }),
  },
  "full is an error of its own": {
    breaks: /^a device that is full/,
    otherwise: () => ({
      ensureSegment: unlessCode(["RESOURCE_EXHAUSTED"], () => {
        throw new Error("no room");
      }),
    }),
  },
  "out of reach is empty": {
    breaks: /^a device that cannot be reached/,
    otherwise: () => ({
      list: unlessCode(["UNAVAILABLE"], () => ({
        incarnation: "",
        segments: [],
        attachments: [],
        leftovers: [],
        foreign: [],
      })),
    }),
  },
  "a signal that has aborted is not looked at": {
    breaks: /^a call whose signal has aborted already/,
    otherwise: () => ({
      ensureSegment: (input, call, run) => run(input, { ...call, signal: new AbortController().signal }),
    }),
  },
  "what was sent is done later": {
    breaks: /^a call that is aborted settles soon/,
    otherwise: (panel) => ({
      attach: async (input, call, run) => {
        try {
          return await run(input, call);
        } catch (error) {
          const name = `late-${input.generation}`;
          void after(10).then(() => panel.edit({ verb: "namespace add", name, group: 7 }));
          throw error;
        }
      },
    }),
  },
  "an incarnation is for ever": {
    breaks: /^a device that has restarted/,
    otherwise: () => ({ list: listing((all) => ({ ...all, incarnation: "this one" })) }),
  },
  "what was forgotten cannot be removed": {
    breaks: /^after a restart of the device, detaching/,
    otherwise: (panel) => ({
      removeSegment: (input, call, run) => {
        if (!(line(input) in panel.state().lines)) throw new DriverError("NOT_FOUND", "no such segment");
        return run(input, call);
      },
    }),
  },
  "saving does nothing": {
    breaks: /^what was saved is there/,
    otherwise: () => ({ "persist.save": nothing }),
  },
  "any source is let out": {
    breaks: /^a port that is guarded/,
    otherwise: (panel) => ({
      "guard.apply": async (input, call, run) => {
        await run(input, call);
        panel.edit({ verb: "plug guard", label: label(input), guard: undefined });
      },
    }),
  },
  "a plan is carried out": {
    breaks: /^a plan changes nothing/,
    otherwise: (panel) => ({
      "plan.plan": async (input, call, run) => {
        const plan = await run(input, call);
        panel.edit({ verb: "namespace add", name: `planned-${input.change}`, group: 98 });
        return plan;
      },
    }),
  },
  "namespaces are not listed": {
    breaks: /^the namespace that is made/,
    otherwise: () => ({ "namespaces.list": () => [] }),
  },
  "nothing is discarded": {
    breaks: /^what nobody accounts for any more/,
    otherwise: () => ({ discard: nothing }),
  },
  "listing asks for each port": {
    breaks: /^a thousand ports are listed/,
    otherwise: () => ({
      list: async (input, call, run) => {
        const all = (await run(input, call)) as NetworkInventory;
        for (const _port of all.attachments) await run(input, call);
        return all;
      },
    }),
  },
  "what is half made is not listed": {
    breaks: /^attach that is aborted at any command/,
    otherwise: () => ({
      list: listing((all) => ({
        ...all,
        attachments: all.attachments.filter(({ differs }) => differs.length === 0),
        leftovers: [],
      })),
    }),
  },
  "what took effect is not told": {
    breaks: /^attach that fails at any command/,
    otherwise: () => ({
      attach: unlessCode(["UNAVAILABLE"], () => {
        throw new DriverError("UNAVAILABLE", "failed");
      }),
    }),
  },
  "what another process began is not finished": {
    breaks: /^making a network and attaching a port: a process that is killed/,
    otherwise: (panel) => ({
      attach: (input, call, run) => {
        const plug = panel.state().plugs[label(input)];
        if (plug && !plug.note) throw new DriverError("FAILED_PRECONDITION", "something is there");
        return run(input, call);
      },
    }),
  },
  "what another process left is not removed": {
    breaks: /^detaching a port and removing its network: a process that is killed/,
    otherwise: (panel) => ({
      detach: (input, call, run) => {
        const carried = Object.keys(panel.state().sockets[socketOf(input.point, label(input), input.portId)] ?? {});
        return carried.length > 0 ? run(input, call) : undefined;
      },
    }),
  },
  ...failuresThatAreSuccess(),
};

/** A call that failed says that it has succeeded. */
function failuresThatAreSuccess(): Record<string, Fault> {
  const ways: readonly (readonly [way: string, caught: (error: unknown) => boolean])[] = [
    ["is aborted", (error) => (error as Error).name === "AbortError"],
    ["fails", (error) => error instanceof DriverError && error.message.includes("the panel failed")],
    ["loses the answer", (error) => error instanceof DriverError && error.message.includes("the connection broke")],
    ["never hears the answer", (error) => (error as Error).name === "AbortError"],
  ];
  const faults: Record<string, Fault> = {};
  for (const method of ["ensureSegment", "attach", "detach", "removeSegment"])
    for (const [way, caught] of ways)
      faults[`${method} that ${way} says that it is done`] = {
        breaks: new RegExp(`^${method} that ${way}`),
        otherwise: () => ({
          [method]: async (input, call, run) => {
            try {
              return await run(input, call);
            } catch (error) {
              if (!caught(error)) throw error;
            }
          },
        }),
      };
  return faults;
}

/** A driver with a fault. */
export function faulty(driver: Driver<NetworkDriverPort>, panel: PatchPanel, fault: string): Driver<NetworkDriverPort> {
  const { otherwise } = faults[fault]!;
  return { ...driver, setup: async (context) => changedBy(await driver.setup(context), otherwise(panel)) };
}

function changedBy(session: DriverSession, otherwise: Readonly<Record<string, Changed>>): DriverSession {
  const group = (prefix: string, methods: BoundMethods): BoundMethods =>
    Object.fromEntries(
      Object.entries(methods).map(([name, run]): [string, Method] => {
        const changed = otherwise[`${prefix}${name}`];
        return [name, changed ? async (input, call) => changed(input, call, run) : run];
      }),
    );
  const abilities = Object.entries(session.abilities).map(([name, methods]) => [name, group(`${name}.`, methods)]);
  const stats = session.stats!;
  const counted = otherwise.stats;
  return {
    ...session,
    methods: group("", session.methods),
    abilities: Object.fromEntries(abilities),
    stats: counted ? async (call) => counted(undefined, call as Call, (_none, given) => stats(given)) : stats,
  };
}
