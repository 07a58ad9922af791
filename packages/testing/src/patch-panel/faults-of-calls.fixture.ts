import { DriverError } from "@reeve/driver-sdk";
import { markOf, type NetworkInventory, type SegmentSpec } from "@reeve/driver-sdk/network";
import { type Fault, isThere, label, line, listing, oneAtATime, swallowed, unlessCode } from "./careless.fixture.ts";

/** Of calls that are repeated, and that overlap. */
export const faultsOfCalls: Readonly<Record<string, Fault>> = {
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
};
