import { setTimeout as after } from "node:timers/promises";
import { DriverError } from "@reeve/driver-sdk";
import type { NetworkInventory, SegmentSpec } from "@reeve/driver-sdk/network";
import { type Changed, type Fault, label, line, listing, nothing, swallowed, unlessCode } from "./careless.fixture.ts";

/** Of input, limits, reach, restarts and abilities. */
export const faultsOfAnswers: Readonly<Record<string, Fault>> = {
  "ids are not checked": {
    breaks: /^a malformed id/,
    otherwise: () => ({ detach: swallowed("INVALID_ARGUMENT") }),
  },
  "marks are not checked": {
    breaks: /^a malformed id/,
    otherwise: () => ({ discard: swallowed("INVALID_ARGUMENT") }),
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
};
