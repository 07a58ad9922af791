import { expect, test } from "vitest";
import { ended, FakeMachine, never } from "../fake-machine.fixture.ts";
import { bridge, ip, ipIn, withoutIpv6 } from "./command.ts";
import { CommandFailure, commandError, Interrupted, mayPass } from "./command-failure.ts";
import { CommandSender } from "./command-sender.ts";

const set = (name: string, what: string) => ip(what, "link", "set", "dev", name, what);

/** Sends, and gives what is known to have taken effect and how it ended. */
async function send(sender: CommandSender, commands: Parameters<CommandSender["send"]>[0], signal = never) {
  const done: string[] = [];
  const error = await sender
    .send(commands, signal, (text) => done.push(text))
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  return { done, error };
}

test("neighbours go through one program, in order, and nothing overtakes", async () => {
  const machine = new FakeMachine();
  const commands = [
    set("a", "up"),
    set("b", "up"),
    withoutIpv6("", "c"),
    bridge("", "vlan", "show"),
    ipIn("n", "", "link"),
  ];
  const { done, error } = await send(new CommandSender(machine), commands);
  expect(error).toBeUndefined();
  expect(machine.runs.map(({ program, args, lines }) => [program, ...args, lines.length])).toEqual([
    ["ip", "-batch", "-", 2],
    ["bridge", "-batch", "-", 1],
    ["ip", "-n", "n", "-batch", "-", 1],
  ]);
  expect(machine.writes).toEqual(["/proc/sys/net/ipv6/conf/c/disable_ipv6"]);
  expect(done).toHaveLength(5);
});

test("callers of one time share a program; the one whose line is refused fails alone", async () => {
  const machine = new FakeMachine(({ lines }) => {
    const bad = lines.findIndex((line) => line.includes("bad"));
    return bad < 0
      ? ended()
      : ended({ status: 1, stderr: `RTNETLINK answers: Operation not permitted\nCommand failed -:${bad + 1}\n` });
  });
  const sender = new CommandSender(machine);
  const ends = await Promise.all([
    send(sender, [set("first", "up")]),
    send(sender, [set("a", "up"), set("a", "down")]),
    send(sender, [set("b", "up"), set("bad", "up"), set("b", "down")]),
    send(sender, [set("c", "up"), set("c", "down")]),
  ]);
  expect(ends.map(({ done }) => done.length)).toEqual([1, 2, 1, 2]);
  const { error } = ends[2]!;
  expect(error).toBeInstanceOf(CommandFailure);
  expect(commandError(error, ["x"])).toMatchObject({ code: "PERMISSION_DENIED", data: { applied: ["x"] } });
  // What stood behind the refused line was not sent with it, and is not sent twice.
  expect(machine.runs.map(({ lines }) => lines.length)).toEqual([1, 7, 2]);
  expect(machine.runs[2]!.lines).toEqual(["link set dev c up", "link set dev c down"]);
});

test("a caller that is cancelled ends the program it shares; the others hear that it is unknown what was done", async () => {
  const started = Promise.withResolvers<void>();
  const machine = new FakeMachine(({ lines, signal }) => {
    if (!lines.some((line) => line.includes("slow"))) return ended();
    started.resolve();
    return new Promise((resolve) =>
      signal.addEventListener("abort", () => resolve(ended({ status: undefined as never }))),
    );
  });
  const sender = new CommandSender(machine);
  const controller = new AbortController();
  const first = send(sender, [set("first", "up")]);
  const [slow, beside] = [send(sender, [set("slow", "up")], controller.signal), send(sender, [set("b", "up")])];
  await started.promise;
  controller.abort();
  await first;
  for (const { error } of [await slow, await beside]) expect(error).toBeInstanceOf(Interrupted);
  expect(mayPass((await beside).error)).toBe(true);
});

test("a link that has left its bridge is not taken for a kernel that lacks something", () => {
  const words = "RTNETLINK answers: Operation not supported";
  expect(mayPass(new CommandFailure(0, "bridge vlan add dev rvp1 vid 5", words))).toBe(true);
  expect(mayPass(new CommandFailure(0, "ip link add name br type bridge", words))).toBe(false);
});

test.each([
  ["RTNETLINK answers: Exchange full", "RESOURCE_EXHAUSTED", false],
  ["RTNETLINK answers: File exists", "UNAVAILABLE", true],
  ['Cannot find device "rvp1"', "UNAVAILABLE", true],
  ["Error: Unknown device type.", "UNIMPLEMENTED", false],
  ["something nobody has heard of", "INTERNAL", false],
])("%s is %s; worth another reading: %s", (words, code, again) => {
  const failure = new CommandFailure(0, "ip link", words);
  expect(commandError(failure, [])).toMatchObject({ code, data: { command: "ip link", applied: [] } });
  expect(mayPass(failure)).toBe(again);
});
