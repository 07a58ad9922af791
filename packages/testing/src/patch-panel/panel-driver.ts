import { isDeepStrictEqual } from "node:util";
import { DriverError, defineDriver } from "@reeve/driver-sdk";
import {
  type Discarded,
  type NetworkChange,
  networkDriver,
  type Point,
  type PortKey,
  requireAddress,
  requireAttachmentSpec,
  requireDetachSpec,
  requireDiscarded,
  requireMac,
  requirePoint,
  requirePortKey,
  requireSegmentKey,
  requireSegmentSpec,
  type SegmentKey,
} from "@reeve/driver-sdk/network";
import { z } from "zod";
import { converge, type PanelSession, type Planner, show, type Wish } from "./converge.ts";
import { foreseen } from "./foreseen.ts";
import { Lanes } from "./lanes.ts";
import { configurationOf, type Panel } from "./panel.ts";
import { textOf } from "./panel-command.ts";
import { inventoryOf } from "./panel-inventory.ts";
import type { PanelLimits } from "./panel-limits.ts";
import { lineKey, type PanelState } from "./panel-state.ts";
import { planDiscard } from "./plan-discard.ts";
import { attachmentOf, planAttach, planDetach, requireFresh } from "./plan-port.ts";
import { labelOf, planEnsure, planRemove } from "./plan-segment.ts";

type Call = Parameters<typeof converge>[2];

/** How many calls keep a panel busy. */
const busy = 16;

const options = z.strictObject({ panel: z.custom<Panel>(), limits: z.custom<PanelLimits>() });

/** The driver of patch panels: all that its port offers. */
export const panelDriver = defineDriver(networkDriver, {
  name: "patch-panel",
  options,
  setup: async ({ panel, limits }, { signal }): Promise<PanelSession> => {
    const session = { panel, limits, lanes: new Lanes(), making: new Map() };
    await show(session, signal);
    return session;
  },
  methods: {
    ensureSegment: (session, input, call) => change(session, { ...input, change: "ensureSegment" }, call),
    removeSegment: (session, input, call) => change(session, { ...input, change: "removeSegment" }, call),
    attach: async (session, input, call) => {
      const spec = requireAttachmentSpec(input);
      await change(session, { ...spec, change: "attach" }, call);
      return attachmentOf(spec);
    },
    detach: (session, input, call) => change(session, { ...input, change: "detach" }, call),
    discard: (session, input, call) => {
      const discarded = requireDiscarded(input);
      const plan: Planner = (now) => planDiscard(now, discarded, session.limits);
      return converge(session, { ...discardLanes(discarded), plan }, call);
    },
    list: async (session, { signal }) =>
      inventoryOf(await show(session, signal), session.limits, new Set(session.making.keys())),
  },
  abilities: {
    vlans: { ranges: ({ limits: { usable, reserved } }) => ({ usable, reserved }) },
    namespaces: {
      list: async (session, { signal }) => {
        const { namespaces } = await show(session, signal);
        return Object.keys(namespaces).filter((name) => namespaces[name] === session.limits.group);
      },
    },
    guard: {
      apply: (session, input, call) => {
        const key = requirePortKey(input);
        requirePoint("point", input.point);
        const guard = {
          mac: requireMac("mac", input.mac),
          addresses: input.addresses.map((address, index) => requireAddress(`addresses[${index}]`, address)),
        };
        const label = labelOf(key.portId);
        const plan: Planner = (now) => {
          const plug = now.plugs[label];
          if (plug?.group !== session.limits.group)
            throw new DriverError("FAILED_PRECONDITION", `port ${key.portId} is not attached here`);
          requireFresh(key, plug.note?.generation);
          const isThere = JSON.stringify(plug.guard) === JSON.stringify(guard);
          return isThere ? [] : [{ verb: "plug guard", label, guard }];
        };
        return converge(session, { lanes: [label], label, plan }, call);
      },
    },
    persist: {
      save: async ({ panel }, _input, { signal }) => panel.save(signal),
      unsaved: async (session, { signal }) => isUnsaved(await show(session, signal)),
    },
    plan: {
      plan: async (session, input, { signal }) => {
        const now = await show(session, signal);
        const { limits } = session;
        return {
          commands: wishOf(session, input)
            .plan(foreseen(now, input, limits))
            .map(textOf),
        };
      },
    },
  },
  stats: async (session, { signal }) => {
    const { limits, making } = session;
    const now = await show(session, signal);
    return {
      vlans: limits.vlans ? vlansOf(now, limits) : null,
      mtuMax: limits.mtuMax,
      attachments: Object.values(now.plugs).filter(({ group, note }) => group === limits.group && note).length,
      unsavedChanges: isUnsaved(now),
      saturation: Math.min(1, making.size / busy),
    };
  },
  check: async (session, { signal }) => void (await show(session, signal)),
});

function change(session: PanelSession, input: NetworkChange, call: Call): Promise<void> {
  return converge(session, wishOf(session, input), call);
}

/** What a call wants of the panel, with what it must not meet on the way. */
function wishOf({ limits }: PanelSession, input: NetworkChange): Wish {
  switch (input.change) {
    case "ensureSegment": {
      const spec = requireSegmentSpec(input);
      return { ...segmentLanes(spec), plan: (now) => planEnsure(now, spec, limits) };
    }
    case "removeSegment": {
      const spec = requireSegmentKey(input);
      return { ...segmentLanes(spec), plan: (now) => planRemove(now, spec, limits) };
    }
    case "attach": {
      const spec = requireAttachmentSpec(input);
      return { ...portLanes(spec), plan: (now) => planAttach(now, spec, limits) };
    }
    case "detach": {
      const spec = requireDetachSpec(input);
      return { ...portLanes(spec), plan: (now) => planDetach(now, spec, limits) };
    }
  }
}

type Lane = Pick<Wish, "lanes" | "label">;

/** A network's calls never overlap with each other, nor with those for its ports. */
function segmentLanes({ networkId, physicalNetwork, segment }: SegmentKey): Lane {
  const label = labelOf(networkId);
  return { lanes: [label, lineKey(physicalNetwork, segment)], label };
}

/** A port's calls never overlap with each other, nor with those for its network or for what shares a switch's interface. */
function portLanes(spec: PortKey & SegmentKey & { readonly point: Point }): Lane {
  const label = labelOf(spec.portId);
  const { point } = spec;
  const interfaces = point.kind === "switchport" ? [`switchport ${point.interface}`] : [];
  return { lanes: [label, ...segmentLanes(spec).lanes, ...interfaces], label };
}

function discardLanes(discarded: Discarded): Lane {
  const label = `rv-${discarded.mark}`;
  if (discarded.mark !== undefined) return { lanes: [label], label };
  return { lanes: [lineKey(discarded.physicalNetwork, discarded.segment)], label };
}

function vlansOf({ lines }: PanelState, { usable, reserved, maxVlans }: PanelLimits) {
  const pairs = (ranges: PanelLimits["usable"]) => ranges.map(([first, last]): [number, number] => [first, last]);
  const used = Object.keys(lines).filter((key) => !key.endsWith("/0")).length;
  return { usable: pairs(usable), reserved: pairs(reserved), max: maxVlans, used };
}

function isUnsaved(now: PanelState): boolean {
  return !isDeepStrictEqual(configurationOf(now), now.startup);
}
