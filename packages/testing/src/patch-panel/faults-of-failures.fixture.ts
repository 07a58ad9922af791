import { DriverError } from "@reeve/driver-sdk";
import { type Fault, label, listing, unlessCode } from "./careless.fixture.ts";
import { socketOf } from "./panel-state.ts";

/** Of calls that fail halfway. */
export const faultsOfFailures: Readonly<Record<string, Fault>> = {
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
