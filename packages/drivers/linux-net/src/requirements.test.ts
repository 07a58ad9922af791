import { expect, test } from "vitest";
import { ended, FakeMachine, never, type Run } from "./fake-machine.fixture.ts";
import { localMachine } from "./host/local-machine.ts";
import { requireTools } from "./requirements.ts";

const right = { status: 2, stderr: "RTNETLINK answers: No such file or directory\n" };
const isFiltering = ({ args }: Run) => args.includes("vlan_filtering");

test.each([
  ["a kernel with VLAN filtering", () => ended(), true],
  ["one without", (run: Run) => ended(isFiltering(run) ? { status: 2, stderr: "Operation not supported" } : {}), false],
] as const)("%s is told by a bridge that nobody sees", async (_what, answer, filtering) => {
  const machine = new FakeMachine((run) => (run.args[0] === "neigh" ? ended(right) : answer(run)));
  expect(await requireTools(machine, never)).toEqual({ filtering });
  expect(machine.runs.filter(({ program }) => program === "ip")).toHaveLength(1);
});

test("a process that may not administer networks is told which rights it lacks", async () => {
  const machine = new FakeMachine(() => ended({ status: 2, stderr: "RTNETLINK answers: Operation not permitted\n" }));
  await expect(requireTools(machine, never)).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
    message: expect.stringContaining("CAP_NET_ADMIN"),
  });
});

test("a kernel without bridges is UNIMPLEMENTED", async () => {
  const machine = new FakeMachine(({ program, args }) => {
    if (args[0] === "neigh") return ended(right);
    return program === "unshare" ? ended({ status: 2, stderr: "Error: Unknown device type.\n" }) : ended();
  });
  await expect(requireTools(machine, never)).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
});

test("a program that is missing is named, with the package that has it", async () => {
  await expect(localMachine().run("reeve-no-such-program", [], { signal: never })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringContaining("reeve-no-such-program was not found; install iproute2"),
  });
});

test("a program that is killed has ended before the run has", async () => {
  const controller = new AbortController();
  const running = localMachine().run("cat", [], { signal: controller.signal, input: "x".repeat(1000) });
  controller.abort();
  expect([0, undefined]).toContain((await running).status);
  const hanging = new AbortController();
  const run = localMachine().run("sleep", ["1000"], { signal: hanging.signal });
  hanging.abort();
  expect(await run).toMatchObject({ status: undefined });
});
