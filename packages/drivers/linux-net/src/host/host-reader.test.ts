import { expect, test } from "vitest";
import { ended, FakeMachine, never } from "../fake-machine.fixture.ts";
import { HostReader } from "./host-reader.ts";

const lo = { ifindex: 1, ifname: "lo", flags: ["UP"], mtu: 65_536, group: "0" };
const document = (...documents: unknown[]) => documents.map((each) => JSON.stringify(each)).join("\n");

test("callers of one time share a reading, and none is answered with an older one", async () => {
  let mtu = 0;
  const machine = new FakeMachine(() => ended({ stdout: document([{ ...lo, mtu: ++mtu }], []) }));
  const reader = new HostReader(machine, 7238, false);
  const views = await Promise.all([1, 2, 3, 4].map(() => reader.host(never)));
  expect(views.map((view) => view.link("lo")?.mtu)).toEqual([1, 2, 2, 2]);
});

test("a dump that was interrupted or cut is read again, and not for ever", async () => {
  const broken = [
    ended({ stdout: document([lo], []), stderr: "Dump was interrupted and may be inconsistent." }),
    ended({ stdout: '[{"ifname":"lo"' }),
    ended({ status: 1, stderr: "No buffer space" }),
  ];
  const machine = new FakeMachine(() => broken.shift() ?? ended({ stdout: document([lo], [{ name: "blue", id: 3 }]) }));
  const view = await new HostReader(machine, 7238, false).host(never);
  expect(view.namespaceOf(3)).toBe("blue");
  expect(machine.runs).toHaveLength(4);
  const hopeless = new HostReader(new FakeMachine(() => ended({ stdout: "nonsense" })), 7238, false);
  await expect(hopeless.host(never)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("one that is cancelled ends the reading; the others are answered by another", async () => {
  const controller = new AbortController();
  const machine = new FakeMachine(({ signal }) => {
    if (machine.runs.length > 1) return ended({ stdout: document([lo], []) });
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const reader = new HostReader(machine, 7238, false);
  const cancelled = reader.host(controller.signal);
  const other = reader.host(never);
  controller.abort(new Error("enough"));
  await expect(cancelled).rejects.toThrow("enough");
  expect((await other).link("lo")).toBeDefined();
});

test("links that do not match print as {}, a host without namespaces prints nothing, and ranges of VLANs are each of them", async () => {
  const vlans = [
    {
      ifname: "up0",
      vlans: [
        { vlan: 1, flags: ["PVID", "Egress Untagged"] },
        { vlan: 5, vlanEnd: 7 },
      ],
    },
  ];
  const machine = new FakeMachine(({ program }) =>
    ended({ stdout: document(program === "bridge" ? vlans : [{}, lo]) }),
  );
  const view = await new HostReader(machine, 7238, true).host(never);
  expect([...view.links].map(({ name }) => name)).toEqual(["lo"]);
  expect(view.carried("up0")).toEqual([
    { vlanId: 1, untagged: true },
    ...[5, 6, 7].map((vlanId) => ({ vlanId, untagged: false })),
  ]);
});

test.each([
  ['Cannot open network namespace "x": No such file or directory', "absent"],
  ['setting the network namespace "x" failed: Invalid argument', "stale"],
])("%s: the namespace is %s", async (stderr, state) => {
  const reader = new HostReader(new FakeMachine(() => ended({ status: 255, stderr })), 7238, false);
  expect(await reader.namespace("x", never)).toBe(state);
});
