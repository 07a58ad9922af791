import type { Rule } from "@reeve/nats";
import { expect, test } from "vitest";
import { guardedBroker } from "./guarded-broker.ts";
import { plainClient } from "./plain-client.ts";
import { villagers } from "./village.ts";

const processes = [...villagers, { caller: "block-02", serves: villagers[0]!.serves!, cluster: "cathedral" }];

/** A subject that a rule permits: what it leaves open is made up. */
const within = ({ right, subject }: Rule) =>
  right === "subscribe" ? subject : subject.replaceAll("*", "made-up").replace(/>$/, "made-up");

test("a process may use its own rules, and none of another's that it was not given itself", async () => {
  const broker = await guardedBroker({ processes });
  const all = broker.printed.processes.flatMap(({ rules }) => rules);
  for (const { caller, rules } of broker.printed.processes) {
    const client = await plainClient(broker, caller);
    const given = new Set(rules.map(({ right, subject }) => `${right} ${subject}`));
    // What a wider rule of its own covers: it may publish to every inbox, or list services.
    const covered = (subject: string) =>
      ["_INBOX.>", "$SRV.>"].some((wide) => given.has(`publish ${wide}`) && subject.startsWith(wide.slice(0, -1)));
    for (const rule of all) {
      const subject = within(rule);
      const { right } = rule;
      const may = right === "publish" ? await client.mayPublish(subject) : await client.maySubscribe(subject);
      const own = given.has(`${right} ${rule.subject}`) || (right === "publish" && covered(subject));
      expect(`${caller} ${may ? "may" : "may not"} ${right} ${subject}`).toBe(
        `${caller} ${own ? "may" : "may not"} ${right} ${subject}`,
      );
    }
  }
});

test.each<[string, readonly string[]]>([
  // Everything, everybody's calls, answers, heartbeats and questions; those of its own kind at another address; and any
  // as no member of the queue group, which would hear what others are sent.
  [
    "block-01",
    [
      ...[">", "reeve.>", "reeve.call.>", "_INBOX.>", "_INBOX.*.>", "_INBOX.cli.>", "reeve.call.bell.v1.>", "$SRV.>"],
      ...[
        "reeve.call.bell.v1.*.block-02.*",
        "reeve.call.bell.v1.*.*.*",
        "reeve.call.bell.v1.*.any.*",
        "reeve.call.bell.v1.*.@abbey.*",
      ],
      ...[
        "reeve.call.bell.v1.*.any.* eavesdroppers",
        "reeve.call.bell.v1.*.@cathedral.* reeve",
        "reeve.call.tower.v1.*.any.* reeve",
      ],
      ...["reeve.call.bell.v2.*.any.* reeve", "other.call.bell.v1.*.any.* reeve", "$SYS.>"],
    ],
  ],
  ["cli", [">", "reeve.call.>", "reeve.call.*.*.*.*.cli", "_INBOX.>", "_INBOX.block-01.>", "$SRV.PING", "reeve.sys.>"]],
])("%s may not listen to what others are sent", async (caller, subjects) => {
  const broker = await guardedBroker({ processes });
  const client = await plainClient(broker, caller);
  for (const subject of subjects) expect(`${subject} ${await client.maySubscribe(subject)}`).toBe(`${subject} false`);
});

test.each<[string, readonly string[]]>([
  [
    "block-01",
    [
      "reeve.call.bell.v1.ring.any.block-01",
      "reeve.call.tower.v1.climb.any.cli",
      "reeve.call.tower.v1.climb.any.block-02",
      "$SRV.PING",
      "reeve.call.tower.v2.climb.any.block-01",
    ],
  ],
  [
    "cli",
    [
      "reeve.call.bell.v1.ring.any.block-01",
      "reeve.call.tower.v1.climb.any.cli",
      "_INBOX.block-01.x",
      "_INBOX.cli.x",
      "$SRV.PING",
      "reeve.sys",
    ],
  ],
  ["census", ["reeve.call.bell.v1.ring.any.census", "_INBOX.census.x"]],
])("%s may not publish where it has no business", async (caller, subjects) => {
  const broker = await guardedBroker({ processes });
  const client = await plainClient(broker, caller);
  for (const subject of subjects) expect(`${subject} ${await client.mayPublish(subject)}`).toBe(`${subject} false`);
});
