import { call, contract } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { permissions } from "./permissions.ts";

const input = z.object({});
const bells = contract("bell", "2.3", { ring: call({ input }), mend: call({ input, roles: ["keeper"] }) });
const towers = contract("tower", "1.0", { climb: call({ input }) });

const of = (caller: string, options: Parameters<typeof permissions>[0]) =>
  permissions(options).processes.find((process) => process.caller === caller)!;

const within = (subjects: readonly string[], begin: string) => subjects.filter((subject) => subject.startsWith(begin));

test("a server may subscribe to its own managers' subjects at its exact addresses, and no further", () => {
  const serves = [{ contract: bells, backends: ["east", "west"] }, towers];
  const { subscribe } = of("block-01", { processes: [{ caller: ["block-01", "block-02"], serves, cluster: "abbey" }] });
  expect(within(subscribe, "reeve.call.")).toEqual([
    "reeve.call.bell.v2.*.any.* reeve",
    "reeve.call.bell.v2.*.all.*",
    "reeve.call.bell.v2.*.block-01@east.*",
    "reeve.call.bell.v2.*.block-01@west.*",
    "reeve.call.bell.v2.*.@abbey@east.* reeve",
    "reeve.call.bell.v2.*.@abbey@west.* reeve",
    "reeve.call.tower.v1.*.any.* reeve",
    "reeve.call.tower.v1.*.all.*",
    "reeve.call.tower.v1.*.block-01.*",
    "reeve.call.tower.v1.*.@abbey.* reeve",
    "reeve.call.host.v1.*.block-01.*",
  ]);
  expect(within(subscribe, "_INBOX")).toEqual(["_INBOX.block-01.>"]);
});

test("a caller may call what it says, under its own token, and publishes to no inbox", () => {
  const { publish, subscribe } = of("cli", {
    processes: [{ caller: "cli", calls: [{ contract: bells, operations: ["ring"] }, towers] }],
  });
  expect(within(publish, "reeve.call.")).toEqual(["reeve.call.bell.v2.ring.*.cli", "reeve.call.tower.v1.*.*.cli"]);
  expect(within(publish, "_INBOX")).toEqual([]);
  expect(within(subscribe, "_INBOX")).toEqual(["_INBOX.cli.>"]);
  expect(within(subscribe, "reeve.call.")).toEqual([]);
});

test("who may not act for others has no role: it is given the operations that ask for none, unless they are named", () => {
  const calling = (calls: object, forwards = false) =>
    within(
      of("cli", { processes: [{ caller: "cli", calls: [calls as typeof bells], forwards }] }).publish,
      "reeve.call.",
    );
  expect(calling(bells)).toEqual(["reeve.call.bell.v2.ring.*.cli"]);
  expect(calling({ contract: bells, operations: ["mend"] })).toEqual(["reeve.call.bell.v2.mend.*.cli"]);
  expect(calling(bells, true)).toEqual(["reeve.call.bell.v2.*.*.cli"]);
});

test("supervisors and forwarders are believed on whose behalf they call, others and those that say so are not", () => {
  const { trustedForwarders } = permissions({
    processes: [
      { caller: ["block-01", "block-02"], serves: [bells] },
      { caller: "web", calls: [towers], forwards: true },
      { caller: "cli", calls: [towers] },
      { caller: "guest", serves: [], forwards: false },
    ],
  });
  expect(trustedForwarders).toEqual(["block-01", "block-02", "web"]);
});

test("another namespace has subjects of its own, and nobody is given what all share", () => {
  const { processes } = permissions({
    namespace: "lab",
    processes: [
      { caller: "block-01", serves: [bells], calls: [bells], schedules: true, inspects: true, lists: true },
      { caller: "cli", calls: [towers] },
    ],
  });
  const subjects = processes.flatMap(({ publish, subscribe }) => [...publish, ...subscribe]);
  expect(subjects.filter((subject) => !/^(lab\.|_INBOX\.|\$SRV\.)/.test(subject))).toEqual([]);
  expect(subjects.filter((subject) => /^(\$SRV|_INBOX|lab|lab\.sys|lab\.call)\.>$/.test(subject))).toEqual([
    "_INBOX.>",
    "$SRV.>",
  ]);
});

test("a host that is called as a word of the subjects is told apart from it", () => {
  const { subscribe } = of("all", { processes: [{ caller: "all", serves: [bells] }] });
  expect(within(subscribe, "reeve.call.")).toContain("reeve.call.bell.v2.*.=61ll.*");
});

test.each<[string, object, string]>([
  ["options", { process: [] }, 'permissions: expected no option but namespace, processes, got "process"'],
  [
    "namespace",
    { namespace: "a.b", processes: [] },
    'permissions: namespace: expected 1 to 63 letters, digits, - or _, a letter or digit first, got "a.b"',
  ],
  ["processes", { processes: {} }, "permissions: processes: expected a list of processes, got {}"],
  [
    "caller",
    { processes: [{ caller: "a b" }] },
    'permissions: processes[0].caller: expected 1 to 63 letters, digits, - or _, a letter or digit first, got "a b"',
  ],
  [
    "no caller",
    { processes: [{}] },
    "permissions: processes[0].caller: expected a name, or a list of names, got undefined",
  ],
  [
    "nobody",
    { processes: [{ caller: "anonymous" }] },
    "processes[0].caller: expected a name: every process that gives none",
  ],
  [
    "twin",
    { processes: [{ caller: "a" }, { caller: "a" }] },
    'processes[1].caller: expected another name: $REEVE_A is the password of "a", got "a"',
  ],
  [
    "option",
    { processes: [{ caller: "a", serve: [] }] },
    'permissions: processes[0]: expected no option but caller, serves, cluster, calls, forwards, schedules, inspects, lists, got "serve"',
  ],
  [
    "switch",
    { processes: [{ caller: "a", inspects: 1 }] },
    "permissions: processes[0].inspects: expected true or false, got 1",
  ],
  [
    "serves",
    { processes: [{ caller: "a", serves: ["bell"] }] },
    'permissions: processes[0].serves[0]: expected an object of contract, backends, got "bell"',
  ],
  [
    "contract",
    { processes: [{ caller: "a", serves: [{ contract: "bell" }] }] },
    'permissions: processes[0].serves[0].contract: expected what contract() made, got "bell"',
  ],
  [
    "backend",
    { processes: [{ caller: "a", serves: [{ contract: bells, backends: ["x>"] }] }] },
    "permissions: processes[0].serves[0].backends: expected 1 to 63 letters",
  ],
  [
    "operation",
    { processes: [{ caller: "a", calls: [{ contract: bells, operations: ["rings"] }] }] },
    'permissions: processes[0].calls[0].operations: expected one of bell: ring, mend, got "rings"',
  ],
])("%s: a wrong input is refused by field and value", (_, options, message) => {
  expect(() => permissions(options as Parameters<typeof permissions>[0])).toThrow(message);
});

test("a contract of which the process may call nothing is refused", () => {
  const closed = contract("vault", "1.0", { burn: call({ input, roles: ["keeper"] }) });
  expect(() => permissions({ processes: [{ caller: "cli", calls: [closed] }] })).toThrow(
    'permissions: processes[0].calls[0]: expected an operation that asks for no role; name operations, or let the process forward, got "vault"',
  );
});

test("the configuration names no password, and says what each line is for", () => {
  const { config } = permissions({ processes: [{ caller: "cli", calls: [towers] }] });
  expect(
    config,
  ).toBe(`# Made by permissions(). To be included by nats-server's configuration. Passwords come from its environment.
accounts: {
  reeve: {
    users: [
      {
        user: "cli", password: $REEVE_CLI
        permissions: {
          publish: { allow: [
            "reeve.sys.wanted.members.*.*.cli" # to ask who is there
            "reeve.call.tower.v1.*.*.cli"      # to call tower v1
          ] }
          subscribe: { allow: [
            "_INBOX.cli.>"                  # to be answered
            "reeve.sys.alive.*"             # to know who is there
            "reeve.sys.members.*"           # to know who is there
            "reeve.sys.found.members.cli.*" # to know who is there
          ] }
        }
      }
    ]
  }
}
`);
});
