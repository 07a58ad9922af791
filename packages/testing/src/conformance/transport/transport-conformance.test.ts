import { expect, test, vi } from "vitest";
import { type Fault, faults, faultyBackend } from "./faulty-transport.fixture.ts";
import { transportConformance } from "./transport-conformance.ts";

const suite = (fault?: Fault) =>
  transportConformance({ name: "faulty", make: () => faultyBackend(fault), ...(fault ? { boundMs: 300 } : {}) });

for (const { name, run } of suite()) test(name, run);

/** The promise that each fault breaks; others may break with it. */
const broken: Readonly<Record<Fault, RegExp>> = {
  "loses headers": /^bytes, headers and the reply/,
  "invents a reply": /^a message without reply/,
  "delivers at once": /^nothing is delivered on the publisher's stack/,
  "loses order": /^what one process publishes/,
  "flushes nothing": /^a flush resolves when/,
  "takes a star for the rest": /^a star matches one token/,
  "knows no queue groups": /^each message goes to exactly one/,
  "checks no subjects": /^a malformed subject/,
  "takes what is too large": /^a message that is too large/,
  "shares its inbox": /^an inbox lies under/,
  "answers everybody": /^an answer finds the inbox/,
  "never says that nobody is there": /^where nobody subscribes/,
  "overlooks who listens": /^where somebody only listens/,
  "raises no alarm": /^a handler that throws/,
  "delivers after the end": /^after an unsubscribe/,
  "drains at once": /^a drain hands over/,
  "swallows what is early": /^before it is connected/,
  "forgets early subscriptions": /^a subscription that is made before/,
  "tells of its link twice": /^each change of the link/,
  "stops at a listener that throws": /^a listener for the link that throws/,
  "waits through an abort": /^a signal that aborts/,
  "loses what it sends last": /^a close sends/,
  "works after its close": /^once closed/,
  "hangs those that wait for it": /^one that never connected/,
  "gives its name away": /^one that was given no name/,
  "connects its threads as somebody else": /^a thread makes a connection/,
};

/** Whether the promises of this name held, each against a transport with this fault. */
async function outcomesOf(fault: Fault, promise: RegExp): Promise<string[]> {
  const cases = suite(fault).filter(({ name }) => promise.test(name.replace("faulty: ", "")));
  return Promise.all(cases.map(({ run }) => run().then(String, () => "broken")));
}

test.each(faults)("a transport that %s breaks that promise", async (fault) => {
  // What an in-process hub tells while nobody listens for alarms.
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  expect(await outcomesOf(fault, broken[fault])).toEqual(["broken"]);
});

test("every promise is broken by a fault", () => {
  const promises = suite().map(({ name }) => name.replace("faulty: ", ""));
  const unbroken = promises.filter((promise) => !Object.values(broken).some((pattern) => pattern.test(promise)));
  expect(unbroken).toEqual([]);
});

test("a fault leaves the promises alone that it does not touch", async () => {
  expect(await outcomesOf("loses headers", /^(a star matches|an inbox lies|a drain hands)/)).toEqual([
    "held",
    "held",
    "held",
  ]);
});

test("where no thread could connect, that promise is skipped, with the reason", async () => {
  const make = () => ({
    client: (caller?: string) => Object.assign(faultyBackend().client(caller), { forThread: undefined }),
  });
  const [thread] = transportConformance({ name: "x", make }).filter(({ name }) => /a thread makes/.test(name));
  const skip = vi.fn();
  expect(await thread!.run({ skip })).toEqual({ skipped: "there is no wire that a thread could connect to" });
  expect(skip).toHaveBeenCalledWith("there is no wire that a thread could connect to");
});
