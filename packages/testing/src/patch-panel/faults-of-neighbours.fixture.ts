import { DriverError } from "@reeve/driver-sdk";
import type { AttachmentSpec, DetachSpec } from "@reeve/driver-sdk/network";
import {
  type Changed,
  type Fault,
  isThere,
  label,
  line,
  overhear,
  socket,
  swallowed,
  unlessCode,
} from "./careless.fixture.ts";

/** Of what is not ours, of frames, and of what is stale. */
export const faultsOfNeighbours: Readonly<Record<string, Fault>> = {
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
  "each port leaves something behind": {
    breaks: /^what others made before/,
    otherwise: (panel) => ({
      attach: async (input, call, run) => {
        const name = `scrap-${input.portId}`;
        if (!(name in panel.state().namespaces)) panel.edit({ verb: "namespace add", name, group: 98 });
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
};
