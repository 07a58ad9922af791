import type { ActorNews } from "@reeve/runtime/internal/inspection";
import { expect, test } from "vitest";
import { current, type Hearing } from "../../../src/hearing.ts";
import { managerView } from "../state/manager-view.ts";
import { problemsOf } from "./problems.ts";

function manager(
  host: number,
  value: string,
  causes: ActorNews["snapshot"]["context"]["causes"],
  hearing: Hearing = current,
) {
  const context = { causes, epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 };
  const [id, name] = [`volume/h${host}#1`, `volume/h${host}`];
  const snapshot = { status: "active" as const, value, context };
  return managerView(`i${host}`, { id, name, definition: "d", snapshot, history: [], at: 0 }, hearing, false);
}

const lost = (message: string) => [{ reason: "DRIVER_LOST", message }];

test("three hundred hosts with one reason are one line, in the words of one of them", () => {
  const managers = Array.from({ length: 300 }, (_, host) =>
    manager(host, "degraded", lost(`/srv/h${host % 2} is away`)),
  );
  expect(problemsOf(managers)).toEqual([
    { reason: "DRIVER_LOST", tone: "warn", managers: 300, hosts: 300, message: "/srv/h0 is away", otherWords: 1 },
  ]);
});

test("the worst stands first, and what is well nowhere", () => {
  const away = { is: "lost", since: 1 } as const;
  const managers = [
    manager(1, "serving", []),
    manager(2, "degraded", lost("a")),
    manager(3, "degraded", [...lost("a"), { reason: "HUNG", message: "copy" }]),
    manager(4, "degraded", lost("before"), away),
  ];
  expect(problemsOf(managers).map(({ reason, managers: count, message }) => [reason, count, message])).toEqual([
    ["lost", 1, "was degraded"],
    ["DRIVER_LOST", 2, "a"],
    ["HUNG", 1, "copy"],
  ]);
});
